#include <gmock/gmock.h>

#include "tests/unit/uplink/delivery_rig.h"
#include "uplink/http_status.h"

namespace fieldweir {
namespace {

using testing::ElementsAre;

TEST_F(DeliveryTest, SendsInOrderEventsFirstAndMovesTheCursor) {
  add(1, {0, 1});
  add(2, {0});
  add(1, {0}, Lane::events);
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(sent(), "1 1 2");
  EXPECT_EQ(nlohmann::json::parse(script.windows[0][0])["lane"], "events");
  EXPECT_EQ(acknowledged().seq, 2u);
  EXPECT_EQ(acknowledged(Lane::events).seq, 1u);
  EXPECT_EQ(log.total().delivered, 4u);
  EXPECT_EQ(delivery().status().state, DeliveryState::connected);
  EXPECT_EQ(delivery().status().messages, 3u);
}

TEST_F(DeliveryTest, PrevIsTheLastSentAndNullAtFirst) {
  add(1, {0});
  add(2, {0});
  settle();
  EXPECT_TRUE(nlohmann::json::parse(script.windows[0][0])["prev"].is_null());
  EXPECT_EQ(nlohmann::json::parse(script.windows[0][1])["prev"].dump(), "[1,1]");
}

TEST_F(DeliveryTest, SkipsBatchesOfWhichNothingIsSelected) {
  settings.send = {"boiler.*"};
  add(1, {1});
  add(2, {0, 1});
  add(3, {1});
  add(4, {1});
  add(5, {0});
  script.answers = {{.verdict = Verdict::again, .at = clock.now() + second}};
  settle();
  EXPECT_EQ(acknowledged().seq, 1u);  // the skipped ones behind 2 wait for it
  script.answers = {{.safe = 1, .verdict = Verdict::again, .at = clock.now() + second}};
  settle();
  EXPECT_EQ(acknowledged().seq, 4u);
  EXPECT_EQ(log.cursor(Lane::telemetry).sent.seq, 2u);
  settle();
  EXPECT_EQ(acknowledged().seq, 5u);
  EXPECT_EQ(nlohmann::json::parse(script.windows.back()[0])["prev"].dump(), "[1,2]");
  EXPECT_EQ(log.total().delivered, 2u);
  EXPECT_EQ(log.total().not_selected, 4u);
}

TEST_F(DeliveryTest, GapMarksAreAlwaysSent) {
  settings.send = {"nothing.*"};
  DecodedBatch batch = signals.batch({7, 1, 1}, {float64_reading(0, 0, 1)});
  batch.gaps = {{0, second, 5, Reason::quota}};
  log.add(batch);
  settle();
  EXPECT_EQ(sent(), "1");
  EXPECT_EQ(log.total().not_selected, 1u);
}

TEST_F(DeliveryTest, NeverMoreInFlightThanTheLimit) {
  for (std::uint64_t seq = 1; seq <= 10; ++seq) add(seq, {0});
  script.limit = 3;
  script.answers = {{.safe = 0, .verdict = Verdict::again, .at = clock.now() + second}};
  settle();
  EXPECT_EQ(sent(), "1 2 3");
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(acknowledged().seq, 10u);
}

TEST_F(DeliveryTest, NeverReadsFurtherThanTheLogAllows) {
  settings.send = {"boiler.*"};
  add(1, {0});
  for (std::uint64_t seq = 2; seq <= 300; ++seq) add(seq, {1});
  add(301, {0});
  script.answers = {{.verdict = Verdict::again, .at = clock.now() + second}};
  for (int i = 0; i < 10; ++i) {
    delivery().turn(clock.now());
    script.answers = {{.verdict = Verdict::again, .at = clock.now() + second}};
  }
  EXPECT_EQ(delivery().status().in_flight, 1u);
  script.answers = {{.safe = 1}};
  settle();
  EXPECT_EQ(acknowledged().seq, 301u);
  EXPECT_EQ(log.total().not_selected, 299u);
}

TEST_F(DeliveryTest, RetryClosesWaitsAndSendsTheSameBytes) {
  add(1, {0});
  add(2, {0});
  script.answers = {{.safe = 1, .verdict = Verdict::retry, .why = error(Reason::timeout, "slow")}};
  const Duration wait = settle();
  EXPECT_GT(wait, 0);
  EXPECT_LE(wait, second);
  EXPECT_EQ(script.closes, 1);
  EXPECT_EQ(acknowledged().seq, 1u);
  EXPECT_EQ(delivery().status().state, DeliveryState::backing_off);
  EXPECT_EQ(delivery().status().last_error.text.view(), "slow");
  EXPECT_EQ(delivery().turn(clock.now()), clock.now() + wait);  // rung in between: waits on
  EXPECT_EQ(script.connects, 1);
  clock.advance(wait);
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(script.connects, 2);
  EXPECT_EQ(sent(), "1 2|2");
  EXPECT_EQ(script.windows[1][0], script.windows[0][1]);
  EXPECT_EQ(delivery().status().state, DeliveryState::connected);
}

TEST_F(DeliveryTest, RetryWaitsAsLongAsTheFarEndAsks) {
  add(1, {0});
  script.answers = {{.verdict = Verdict::retry, .at = clock.now() + 90 * second}};
  EXPECT_EQ(settle(), 90 * second);
}

TEST_F(DeliveryTest, BacksOffFurtherWhileItFails) {
  add(1, {0});
  Duration longest = 0;
  for (int i = 0; i < 50; ++i) {
    script.answers = {{.verdict = Verdict::retry}};
    const Duration wait = settle();
    EXPECT_LE(wait, minute);
    longest = std::max(longest, wait);
    clock.advance(wait);
  }
  EXPECT_GT(longest, 20 * second);
}

TEST_F(DeliveryTest, EqualPositionsGiveEqualBytesAfterARestart) {
  settings.send = {"boiler.*"};
  add(1, {0});
  add(2, {1});
  add(3, {0, 1});
  script.answers = {{.safe = 1, .verdict = Verdict::retry}};
  settle();
  const std::string before = script.windows[0][1];
  restart();
  settle();
  ASSERT_EQ(script.windows.back().size(), 1u);
  EXPECT_EQ(script.windows.back()[0], before);
}

TEST_F(DeliveryTest, PausedProbesWithOneMessageAboutOnceAMinute) {
  for (std::uint64_t seq = 1; seq <= 3; ++seq) add(seq, {0});
  const Sent refused{.verdict = Verdict::pause, .why = error(Reason::unauthorised, "no")};
  script.answers = {refused, refused};
  for (int i = 0; i < 2; ++i) {
    const Duration wait = settle();
    EXPECT_EQ(delivery().status().state, DeliveryState::paused);
    EXPECT_GE(wait, 45 * second);
    EXPECT_LE(wait, 75 * second);
    clock.advance(wait);
  }
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(sent(), "1 2 3|1|1|2 3");
  EXPECT_TRUE(log.dead().empty());
  EXPECT_EQ(log.total().delivered, 3u);
}

TEST_F(DeliveryTest, RefusedCredentialsWhileConnectingPauseToo) {
  add(1, {0});
  script.connections = {error(Reason::unauthorised, "bad user name or password")};
  EXPECT_GE(settle(), 45 * second);
  EXPECT_EQ(delivery().status().state, DeliveryState::paused);
}

TEST_F(DeliveryTest, FailingToConnectBacksOff) {
  add(1, {0});
  script.connections = {error(Reason::unreachable, "refused")};
  EXPECT_LE(settle(), second);
  EXPECT_EQ(delivery().status().state, DeliveryState::backing_off);
  EXPECT_TRUE(script.windows.empty());
}

TEST_F(DeliveryTest, ACertificateThatIsNotYetValidWaitsForTheClock) {
  add(1, {0});
  const Error why = error(Reason::unreachable, "TLS: certificate is not yet valid");
  script.connections = {why, why, error(Reason::unreachable, "refused")};
  clock.set_synchronised(false);
  settle();
  EXPECT_EQ(delivery().status().last_error.text.view(),
            "the clock is not synchronised: waiting for time: TLS: certificate is not yet valid");
  clock.set_synchronised(true);  // then it is the certificate's fault
  clock.advance(minute);
  settle();
  EXPECT_EQ(delivery().status().last_error.text.view(), why.text.view());
  clock.set_synchronised(false);
  clock.advance(minute);
  settle();
  EXPECT_EQ(delivery().status().last_error.text.view(), "refused");
  EXPECT_TRUE(script.windows.empty());
}

TEST_F(DeliveryTest, ABatchIsDoneWhenAllItsPartsAre) {
  settings.by_device = true;
  add(1, {0, 1, 1});
  add(2, {1});
  script.answers = {{.safe = 1, .verdict = Verdict::retry, .why = error(Reason::timeout, "late")},
                    {.safe = 2}};
  const Duration wait = settle();
  EXPECT_EQ(sent(), "1 1 2");
  EXPECT_EQ(acknowledged().seq, 0u);  // a part of it is not safe
  EXPECT_EQ(log.total().delivered, 0u);
  clock.advance(wait);
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(sent(), "1 1 2|1 2");
  EXPECT_EQ(acknowledged().seq, 2u);
  EXPECT_EQ(log.total().delivered, 4u);
  const auto first = nlohmann::json::parse(script.windows[0][0]);
  EXPECT_EQ(first["part"], nlohmann::json({1, 2}));
  EXPECT_EQ(first["readings"].size(), 1u);
  EXPECT_EQ(script.windows[0][1], script.windows[1][0]);
  const auto whole = nlohmann::json::parse(script.windows[0][2]);
  EXPECT_FALSE(whole.contains("part"));
  EXPECT_EQ(whole["prev"], nlohmann::json({1, 1}));
}

TEST_F(DeliveryTest, MorePartsThanRoomInFlightAreSentOneAfterTheOther) {
  settings.by_device = true;
  script.limit = 1;
  for (std::uint64_t seq = 1; seq <= 5; ++seq) add(seq, {0, 1});
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(sent(), "1|1|2|2|3|3|4|4|5|5");
  EXPECT_EQ(acknowledged().seq, 5u);
  EXPECT_EQ(log.total().delivered, 10u);
}

TEST_F(DeliveryTest, ReconnectsWhenNothingIsConfirmedFor30Seconds) {
  add(1, {0});
  while (script.connects < 2) {
    script.answers = {{.verdict = Verdict::again, .at = never}};
    const Duration wait = settle();
    ASSERT_LE(wait, 30 * second);
    ASSERT_LE(clock.now(), FakeClock::start + 32 * second);
    clock.advance(wait);
  }
  EXPECT_GE(clock.now(), FakeClock::start + 30 * second);
  EXPECT_EQ(script.closes, 1);
}

TEST_F(DeliveryTest, IsNotConnectedBeforeSomethingWasConfirmed) {
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(delivery().status().state, DeliveryState::connecting);
  add(1, {0});
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(delivery().status().state, DeliveryState::connected);
}

TEST_F(DeliveryTest, AnHourOfRefusedCredentialsCostsNothing) {
  for (std::uint64_t seq = 1; seq <= 100; ++seq) add(seq, {0, 1});
  const Time end = clock.now() + hour;
  int attempts = 0;
  for (; clock.now() < end; ++attempts) {
    const long status = attempts % 2 == 0 ? 401 : 403;
    script.answers = {{.verdict = meaning_of(status).verdict,
                       .why = error(meaning_of(status).reason, "HTTP status %ld", status)}};
    clock.advance(settle());
    EXPECT_EQ(delivery().status().state, DeliveryState::paused);
  }
  EXPECT_GT(attempts, 40);
  EXPECT_LT(attempts, 90);
  EXPECT_TRUE(log.dead().empty());
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(log.total().delivered, 200u);
  EXPECT_EQ(log.total().dead_lettered, 0u);
}

TEST_F(DeliveryTest, AnUplinkThatHasNotSentItYetIsNotStuck) {
  add(1, {0});
  while (clock.now() < FakeClock::start + minute) {
    script.answers = {{.verdict = Verdict::ok, .left = false}};
    delivery().turn(clock.now());
    clock.advance(second);
  }
  EXPECT_EQ(script.closes, 0);
  // part of what it was given came through before
  script.limit = 4;
  EXPECT_EQ(settle(), never);
  add(2, {0});
  add(3, {0});
  script.answers = {{.verdict = Verdict::again, .at = never}};
  settle();
  script.answers = {{.safe = 1, .left = false}};
  delivery().turn(clock.now());
  for (const Time end = clock.now() + minute; clock.now() < end; clock.advance(second)) {
    script.answers = {{.verdict = Verdict::ok, .left = false}};
    delivery().turn(clock.now());
  }
  EXPECT_EQ(script.closes, 0);
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(acknowledged().seq, 3u);
}

TEST_F(DeliveryTest, AnIdleConnectionIsNotStuck) {
  add(1, {0});
  EXPECT_EQ(settle(), never);
  clock.advance(hour);
  add(2, {0});
  script.answers = {{.verdict = Verdict::again, .at = never}};
  EXPECT_EQ(settle(), 30 * second);
  EXPECT_EQ(script.closes, 0);
}

TEST_F(DeliveryTest, ABrokenLogIsAskedAgain) {
  log.set_broken(true);
  EXPECT_EQ(settle(), second);
  log.set_broken(false);
  add(1, {0});
  clock.advance(second);
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(acknowledged().seq, 1u);
}

TEST_F(DeliveryTest, ABatchLargerThanAllRoomIsNoReasonToStandStill) {
  std::vector<SignalId> many(20'000, 0);
  add(1, many);
  add(2, {0});
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(acknowledged().seq, 2u);
  EXPECT_GT(script.windows.size(), 10u);  // in parts
  EXPECT_TRUE(log.dead().empty());
  EXPECT_EQ(log.total().delivered, 20'001u);
}

TEST_F(DeliveryTest, DoesNothingMoreOnceStopped) {
  add(1, {0});
  stop.request();
  EXPECT_EQ(settle(), never);
  EXPECT_TRUE(script.windows.empty());
}

}  // namespace
}  // namespace fieldweir
