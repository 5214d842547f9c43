#include "uplink/suspicion.h"

#include <gtest/gtest.h>

namespace fieldweir {
namespace {

constexpr Lane lane = Lane::telemetry;
constexpr Position first{1, 1, 1};
constexpr Position second_one{1, 1, 2};

/// Connects at `now`, sends `oldest` when it may be sent, loses the connection `after` that.
bool disconnect(Suspicion& suspicion, Time& now, Position oldest, Duration after) {
  suspicion.connected(now += second);
  if (suspicion.suspects(lane, oldest)) now = suspicion.may_send();
  suspicion.sent(now);
  return suspicion.lost(lane, oldest, now += after);
}

TEST(Suspicion, TheThirdDisconnectAtAMessageSentAloneIsItsFault) {
  Suspicion suspicion;
  Time now = 0;
  EXPECT_FALSE(disconnect(suspicion, now, first, millisecond));
  EXPECT_FALSE(disconnect(suspicion, now, first, millisecond));
  EXPECT_TRUE(suspicion.suspects(lane, first));
  EXPECT_TRUE(disconnect(suspicion, now, first, millisecond));
}

TEST(Suspicion, ABrokerThatComesAndGoesProvesNothing) {
  Suspicion suspicion;
  Time now = 0;
  for (int i = 0; i < 100; ++i) {
    // gone before the connection has stood: the suspect is not even sent
    suspicion.connected(now += second);
    if (suspicion.suspects(lane, first)) {
      EXPECT_GT(suspicion.may_send(), now + 4 * second);
      continue;
    }
    suspicion.sent(now);
    EXPECT_FALSE(suspicion.lost(lane, first, now += millisecond)) << i;
  }
  // or long after: a link that went silent
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(disconnect(suspicion, now, first, Suspicion::settle + 1)) << i;
}

TEST(Suspicion, AConfirmationOrAnotherOldestMessageAcquits) {
  Suspicion suspicion;
  Time now = 0;
  for (int i = 0; i < 2; ++i) disconnect(suspicion, now, first, millisecond);
  suspicion.confirmed();
  EXPECT_FALSE(suspicion.suspects(lane, first));
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(disconnect(suspicion, now, i % 2 == 0 ? first : second_one, millisecond));
  EXPECT_FALSE(suspicion.suspects(Lane::events, first));
}

}  // namespace
}  // namespace fieldweir
