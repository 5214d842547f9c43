// order: live_first. Two tracks of a lane, and that in the end every batch was sent once.

#include <map>

#include "tests/unit/uplink/delivery_rig.h"

namespace fieldweir {
namespace {

class LiveFirstTest : public DeliveryTest {
 protected:
  LiveFirstTest() {
    settings.order = "live_first";
    // whatever is offered is kept, in the order in which it came
    script.refuses = [](const nlohmann::json&) { return false; };
  }

  void add_many(std::uint64_t from, std::uint64_t to) {
    for (; from <= to; ++from) add(from, {0});
  }
  /// So many turns, each of at most `limit` messages.
  void turns(int n) {
    for (; n > 0; --n) delivery().turn(clock.now());
  }
  static bool historical(const nlohmann::json& message) { return message.contains("historical"); }
  static std::uint64_t seq(const nlohmann::json& message) { return message["seq"]; }

  /// Each batch once, and within each range in order, every message naming the one before.
  void expect_everything_once(std::uint64_t to) {
    std::map<std::pair<std::uint64_t, std::uint64_t>, int> times;
    std::map<std::pair<std::uint64_t, std::uint64_t>, bool> named;
    for (const auto& message : script.taken) {
      const std::pair<std::uint64_t, std::uint64_t> here{message["epoch"], seq(message)};
      EXPECT_EQ(++times[here], 1) << here.first << '/' << here.second;
      if (message["prev"].is_null()) continue;
      const std::pair<std::uint64_t, std::uint64_t> before{message["prev"][0], message["prev"][1]};
      EXPECT_TRUE(times.contains(before)) << "prev was not sent";
      EXPECT_FALSE(named[before]) << "prev of two";
      named[before] = true;
    }
    EXPECT_EQ(times.size(), to);
    EXPECT_EQ(log.total().delivered, to);
    EXPECT_EQ(delivery().status().backlog_ranges, 0u);
  }
};

TEST_F(LiveFirstTest, AShortOutageIsCaughtUpInOrder) {
  add_many(1, 100);
  settle();
  expect_everything_once(100);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(seq(script.taken[i]), i + 1);
    EXPECT_FALSE(historical(script.taken[i]));
  }
}

TEST_F(LiveFirstTest, AfterALongOneNewReadingsGoAtOnceAndTheBacklogBesideThem) {
  script.limit = 2;
  add_many(1, 300);
  turns(3);
  ASSERT_FALSE(script.taken.empty());
  EXPECT_TRUE(historical(script.taken[0]));
  EXPECT_EQ(delivery().status().backlog_ranges, 1u);
  std::size_t live = 0;
  for (std::uint64_t next = 301; next <= 340; ++next) {
    add(next, {0});
    const std::size_t before = script.taken.size();
    turns(2);
    // it is among the next few
    bool found = false;
    for (std::size_t i = before; i < script.taken.size(); ++i)
      found = found || seq(script.taken[i]) == next;
    live += found ? 1 : 0;
    EXPECT_TRUE(found) << next;
  }
  EXPECT_EQ(live, 40u);
  settle();
  expect_everything_once(340);
  for (const auto& message : script.taken) EXPECT_EQ(historical(message), seq(message) <= 300);
  // the first live message begins a range
  for (const auto& message : script.taken) {
    if (seq(message) == 301) {
      EXPECT_TRUE(message["prev"].is_null());
    }
    if (seq(message) == 302) {
      EXPECT_EQ(message["prev"], nlohmann::json({1, 301}));
    }
  }
  add(341, {0});
  settle();
  EXPECT_EQ(script.taken.back()["prev"], nlohmann::json({1, 340}));
}

TEST_F(LiveFirstTest, TheyShareWhileBothWait) {
  settings.backlog.share = {.backlog = 1, .live = 3};
  script.limit = 1;
  add_many(1, 200);
  turns(1);
  add_many(201, 260);
  turns(40);
  std::size_t backlog = 0, live = 0;
  for (const auto& message : script.taken) ++(historical(message) ? backlog : live);
  EXPECT_NEAR(static_cast<double>(live), 3.0 * static_cast<double>(backlog), 4);
  settle();
  expect_everything_once(260);
}

TEST_F(LiveFirstTest, ARestartGoesOnWithBothTracks) {
  script.limit = 3;
  add_many(1, 300);
  turns(5);
  add_many(301, 310);
  turns(5);
  restart();  // what was in flight then was confirmed: nothing comes twice
  EXPECT_EQ(delivery().status().backlog_ranges, 1u);
  turns(3);
  add_many(311, 320);
  settle();
  expect_everything_once(320);
}

TEST_F(LiveFirstTest, ABatchOfAnEarlierRunIsBacklog) {
  add_many(1, 3);
  epoch = 2;
  add_many(1, 2);
  settle();
  ASSERT_EQ(script.taken.size(), 5u);
  EXPECT_TRUE(historical(script.taken[0]));
  EXPECT_EQ(log.total().delivered, 5u);
  EXPECT_EQ(delivery().status().backlog_ranges, 0u);
}

TEST_F(LiveFirstTest, NoMoreThanFourRangesAndThenInOrder) {
  script.limit = 1;
  settings.backlog.share = {.backlog = 1, .live = 100};
  std::uint64_t last = 0;
  std::size_t most = 0;
  for (int outage = 0; outage < 7; ++outage) {
    add_many(last + 1, last + 250);
    last += 250;
    for (int i = 0; i < 30; ++i) {
      turns(1);
      add(++last, {0});
    }
    most = std::max(most, delivery().status().backlog_ranges);
  }
  EXPECT_EQ(most, Ahead::most);
  settle();
  expect_everything_once(last);
}

TEST_F(LiveFirstTest, BackToOldestFirstItGoesOverWhatWasSent) {
  script.limit = 2;
  add_many(1, 300);
  turns(2);
  add_many(301, 320);
  turns(20);
  const std::size_t before = script.taken.size();
  ASSERT_EQ(delivery().status().backlog_ranges, 1u);
  settings.order = "oldest_first";
  restart();
  settle();
  std::uint64_t last = 0;
  for (std::size_t i = before; i < script.taken.size(); ++i) {
    EXPECT_GT(seq(script.taken[i]), last);
    last = seq(script.taken[i]);
  }
  expect_everything_once(320);
}

TEST_F(LiveFirstTest, WhereTheBacklogEndsNothingComesAgain) {
  const auto again = [&](std::size_t safe) {
    script.answers = {{.safe = safe, .verdict = Verdict::again, .at = never}};
    delivery().turn(clock.now());
  };
  add_many(1, 2);
  log.go_live(Lane::telemetry, {7, 1, 25});  // what stood up to there was lost in a power cut
  epoch = 2;
  again(0);
  add(1, {0});
  again(0);
  again(2);
  again(0);
  EXPECT_EQ(sent(), "1 2|1 2 1|1 2 1|1");
  settle();
  EXPECT_EQ(log.total().delivered, 3u);
}

TEST_F(LiveFirstTest, ALiveBatchThatIsBeingCutIsFinishedBeforeTheNextOutage) {
  script.limit = 1;
  script.refuses = [](const nlohmann::json& message) {
    return seq(message) == 201 && message["readings"].dump().find("press") != std::string::npos;
  };
  add_many(1, 200);
  turns(1);
  add(201, {0, 0, 1, 1});
  while (script.taken.empty() || seq(script.taken.back()) != 201) turns(1);
  add_many(202, 400);
  settle();
  int parts = 0;
  for (const auto& message : script.taken) parts += seq(message) == 201 ? 1 : 0;
  EXPECT_EQ(parts, 1);
  EXPECT_EQ(log.dead().size(), 2u);
  EXPECT_EQ(log.total().dead_lettered, 2u);
  EXPECT_EQ(log.total().delivered, 401u);
  EXPECT_EQ(delivery().status().backlog_ranges, 0u);
}

TEST_F(LiveFirstTest, AllPartsOfABatchSayWhetherItIsOfTheBacklog) {
  script.limit = 6;  // beside what is cut there is room for what is new
  script.refuses = [](const nlohmann::json& message) {
    return seq(message) % 50 == 0 && message["readings"].dump().find("press") != std::string::npos;
  };
  for (std::uint64_t seq = 1; seq <= 400; ++seq) {
    add(seq, {0, 1, 0, 0});
    if (seq >= 200) turns(1);
  }
  settle();
  for (const auto& message : script.taken)
    EXPECT_EQ(historical(message), seq(message) <= 200) << message;
  EXPECT_EQ(log.dead().size(), 8u);
}

/// Chance decides about outages, restarts, what is selected and how much is confirmed.
TEST_F(LiveFirstTest, WhateverHappensEverythingArrives) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    settings.send =
        seed % 3 == 0 ? std::vector<std::string>{"boiler.*"} : std::vector<std::string>{"*"};
    settings.by_device = seed % 4 == 0;
    script.limit = 1 + random.below(6);
    restart();
    script.taken.clear();
    const auto before = log.total();
    epoch = static_cast<std::uint32_t>(seed);
    std::uint64_t last = 0, readings = 0;
    for (int step = 0; step < 40; ++step) {
      const std::uint64_t news = random.below(10) == 0 ? 150 : random.below(6);
      for (std::uint64_t i = 0; i < news; ++i) {
        const bool other = random.below(2) == 0;
        add(++last, other ? std::vector<SignalId>{1} : std::vector<SignalId>{0, 1});
        readings += other ? 1 : 2;
      }
      if (random.below(8) == 0) script.answers = {{.verdict = Verdict::retry}};
      if (random.below(12) == 0) restart();
      const Time due = delivery().turn(clock.now());
      if (due != never && due > clock.now()) clock.set(due);
    }
    for (Duration wait = settle(); wait != never; wait = settle()) clock.advance(wait);
    EXPECT_EQ(
        log.total().delivered + log.total().not_selected - before.delivered - before.not_selected,
        readings);
    EXPECT_EQ(delivery().status().backlog_ranges, 0u);
    EXPECT_EQ(acknowledged().seq, last);
    std::map<std::uint64_t, std::string> known;
    for (const auto& message : script.taken) {
      const auto [at, fresh] = known.emplace(
          seq(message) * 8 + message.value("part", nlohmann::json({0, 0}))[0].get<std::uint64_t>(),
          message["readings"].dump());
      EXPECT_EQ(at->second, message["readings"].dump());
    }
    if (settings.send[0] == "*" && !settings.by_device) {
      EXPECT_EQ(known.size(), last);
    }
  }
}

}  // namespace
}  // namespace fieldweir
