#include "uplink/in_flight.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "core/random.h"

namespace fieldweir {
namespace {

bool push(InFlight& in_flight, const std::string& body, std::uint64_t seq) {
  for (const std::span<char> room : in_flight.room()) {
    if (room.size() < body.size()) continue;
    std::copy(body.begin(), body.end(), room.begin());
    in_flight.push({Lane::telemetry, {1, 1, seq}, "g", {room.data(), body.size()}}, {});
    return true;
  }
  return false;
}

TEST(InFlight, KeepsBodiesWholeRoundAndRound) {
  InFlight in_flight(5, 100);
  std::deque<std::string> model;
  Random random(1);
  std::uint64_t pushed = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::string body(1 + random.below(60), static_cast<char>('a' + random.below(26)));
    if (!in_flight.full() && random.below(2) == 0 && push(in_flight, body, pushed)) {
      model.push_back(body);
      ++pushed;
    } else if (!in_flight.empty()) {
      in_flight.pop();
      model.pop_front();
    }
    ASSERT_EQ(in_flight.messages().size(), model.size());
    for (std::size_t i = 0; i < model.size(); ++i)
      ASSERT_EQ(in_flight.messages()[i].body, model[i]);
  }
  EXPECT_GT(pushed, 5000u);
}

TEST(InFlight, AnEmptyOneTakesWhatFitsExactly) {
  InFlight in_flight(2, 10);
  EXPECT_TRUE(push(in_flight, "0123456789", 1));
  EXPECT_FALSE(push(in_flight, "x", 2));
  in_flight.pop();
  EXPECT_TRUE(push(in_flight, "0123456789", 2));
}

}  // namespace
}  // namespace fieldweir
