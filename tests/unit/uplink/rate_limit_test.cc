#include "uplink/rate_limit.h"

#include <ctime>
#include <utility>

#include "tests/unit/uplink/delivery_rig.h"

namespace fieldweir {
namespace {

TEST(Month, AgreesWithTheCalendar) {
  for (std::int64_t hours = -400'000; hours < 1'200'000; hours += 7) {
    const Time time = hours * hour;
    const std::int64_t month = month_of(time);
    const std::int64_t seconds = time / second - (time % second < 0 ? 1 : 0);
    // the C library's calendar can end in 2038, ours does not
    if (std::in_range<std::time_t>(seconds)) {
      const auto at = static_cast<std::time_t>(seconds);
      std::tm utc{};
      gmtime_r(&at, &utc);
      ASSERT_EQ(month, (utc.tm_year - 70) * 12 + utc.tm_mon) << hours;
    }
    ASSERT_LE(begin_of_month(month), time);
    ASSERT_GT(begin_of_month(month + 1), time);
    ASSERT_EQ(begin_of_month(month) % day, 0);
  }
}

class RateLimitTest : public DeliveryTest {
 protected:
  std::size_t body_size() const { return script.windows[0][0].size(); }
  std::size_t handed() const {
    std::size_t bytes = 0;
    for (const auto& window : script.windows)
      for (const auto& body : window) bytes += body.size();
    return bytes;
  }
};

TEST_F(RateLimitTest, KeepsToBytesPerSecond) {
  settings.rate_limit.per_second = 1'000;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) add(seq, {0, 1, 0, 1});
  const Time begin = clock.now();
  while (clock.now() < begin + 20 * second) {
    const Duration wait = settle();
    ASSERT_NE(wait, never);
    EXPECT_EQ(delivery().status().state, DeliveryState::limited);
    EXPECT_EQ(delivery().status().next_attempt, clock.now() + wait);
    clock.advance(wait);
  }
  EXPECT_NEAR(static_cast<double>(handed()), 20'000, 1'000);
  EXPECT_EQ(script.connects, 1);
}

TEST_F(RateLimitTest, ALongWaitIsNoFailure) {
  settings.rate_limit.per_second = 100;
  add(1,
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
       0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  add(2, {0});
  for (Duration wait = settle(); wait != never; wait = settle()) clock.advance(wait);
  EXPECT_GT(clock.now(), FakeClock::start + 35 * second);
  EXPECT_EQ(acknowledged().seq, 2u);
  EXPECT_EQ(script.connects, 1);
}

TEST_F(RateLimitTest, EventsGoFirst) {
  settings.rate_limit.per_second = 500;
  for (std::uint64_t seq = 1; seq <= 30; ++seq) add(seq, {0});
  clock.advance(settle());
  settle();
  add(1, {1}, Lane::events);
  const std::size_t before = script.windows.size();
  while (acknowledged(Lane::events).seq == 0) clock.advance(settle());
  EXPECT_LE(script.windows.size(), before + 2);
}

TEST_F(RateLimitTest, AUsedUpMonthWaitsForTheNextOne) {
  settings.rate_limit.per_month = 5'000;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) add(seq, {0});
  ASSERT_LE(settle(), minute);
  EXPECT_EQ(delivery().status().state, DeliveryState::used_up);
  EXPECT_LE(handed(), 5'000u);
  EXPECT_GT(handed(), 5'000u - 2 * body_size());
  EXPECT_EQ(delivery().status().month_bytes, handed());
  restart();
  settle();
  EXPECT_EQ(delivery().status().state, DeliveryState::used_up);
  const std::size_t first = handed();
  const std::int64_t month = month_of(clock.now());
  while (handed() == first) {
    ASSERT_LE(clock.now(), begin_of_month(month + 1) + 2 * minute);
    clock.advance(settle());
  }
  EXPECT_EQ(month_of(clock.now()), month + 1);
  settle();
  EXPECT_LE(handed(), first + 5'000);
  EXPECT_TRUE(log.dead().empty());
}

TEST_F(RateLimitTest, WhatIsSentAgainCountsAgain) {
  settings.rate_limit.per_month = 100'000;
  add(1, {0});
  for (int i = 0; i < 3; ++i) {
    script.answers = {{.verdict = Verdict::retry}};
    clock.advance(settle());
  }
  settle();
  EXPECT_EQ(log.usage().bytes, 4 * body_size());
  EXPECT_EQ(log.usage().month, month_of(clock.now()));
}

TEST_F(RateLimitTest, AnAttemptWithoutAConnectionCountsNothing) {
  settings.rate_limit.per_month = 100'000;
  add(1, {0});
  for (int i = 0; i < 3; ++i) {
    script.answers = {{.verdict = Verdict::retry, .left = false}};
    clock.advance(settle());
  }
  EXPECT_EQ(log.usage().bytes, 0u);
  settle();
  EXPECT_EQ(log.usage().bytes, body_size());
}

TEST_F(RateLimitTest, AMonthlyCapThatIsFarSlowsNothing) {
  settings.rate_limit.per_month = 1ull << 40;
  script.limit = 100;
  for (std::uint64_t seq = 1; seq <= 200; ++seq) add(seq, {0});
  EXPECT_EQ(settle(), never);
  ASSERT_EQ(script.windows.size(), 2u);
  EXPECT_EQ(script.windows[0].size(), 100u);
}

TEST_F(RateLimitTest, OneSendIsGivenAsMuchAsATenthOfASecondAllows) {
  settings.rate_limit.per_second = 100'000;
  script.limit = 100;
  for (std::uint64_t seq = 1; seq <= 200; ++seq) add(seq, {0});
  delivery().turn(clock.now());
  ASSERT_EQ(script.windows.size(), 1u);
  EXPECT_GT(handed(), 10'000u);
  EXPECT_LE(handed(), 10'000u + body_size());
}

TEST_F(RateLimitTest, AProbeWaitsForItsAnswer) {
  settings.rate_limit.per_second = 1 << 20;
  for (std::uint64_t seq = 1; seq <= 3; ++seq) add(seq, {0});
  const Sent in_flight{.verdict = Verdict::again, .at = never};
  script.answers = {in_flight, {.verdict = Verdict::pause}, in_flight, in_flight};
  delivery().turn(clock.now());
  clock.set(delivery().turn(clock.now()));
  delivery().turn(clock.now());
  clock.advance(5 * millisecond);
  EXPECT_GT(delivery().turn(clock.now()), clock.now() + second);
  EXPECT_EQ(sent(), "1 2 3|1 2 3|1|1");
}

TEST_F(RateLimitTest, ALostConnectionIsNoticedWhileAllIsHeldBack) {
  settings.rate_limit.per_second = 10;
  for (std::uint64_t seq = 1; seq <= 3; ++seq) add(seq, {0});
  settle();
  ASSERT_EQ(delivery().status().state, DeliveryState::limited);
  script.standing = error(Reason::unreachable, "the broker is gone");
  delivery().turn(clock.now());
  EXPECT_EQ(delivery().status().state, DeliveryState::backing_off);
  EXPECT_EQ(script.closes, 1);
  EXPECT_EQ(script.windows.size(), 1u);
}

TEST_F(RateLimitTest, WhatIsLargerThanAMonthsIsSentAsItsFirst) {
  settings.rate_limit.per_month = 100;
  add(1, {0});
  add(2, {0});
  settle();
  EXPECT_EQ(sent(), "1");
  EXPECT_GT(body_size(), 100u);
  const Time next = begin_of_month(month_of(clock.now()) + 1);
  clock.set(next - second);
  settle();
  EXPECT_EQ(sent(), "1");
  clock.set(next);
  settle();
  EXPECT_EQ(sent(), "1|2");
}

TEST_F(RateLimitTest, TheMonthIsThatOfTheSystemsClockHoweverWrongItWasAtTheStart) {
  settings.rate_limit.per_month = 1'000;
  const std::int64_t month = month_of(clock.now());
  // started in 2099: what is counted must not wait for the year after
  clock.set_error(clock.now() - begin_of_month(month + 12 * 73));
  clock.set(begin_of_month(month + 12 * 73));
  for (std::uint64_t seq = 1; seq <= 30; ++seq) add(seq, {0});
  settle();
  EXPECT_EQ(delivery().status().state, DeliveryState::used_up);
  EXPECT_EQ(log.usage().month, month);
  // a month is over, and by gateway time not yet
  clock.set_error(begin_of_month(month + 1) - clock.now());
  const std::size_t first = handed();
  clock.advance(settle());
  settle();
  EXPECT_EQ(log.usage().month, month + 1);
  EXPECT_GT(handed(), first);
}

TEST_F(RateLimitTest, AWrongClockBeginsNoMonth) {
  RateLimit limit({.per_second = {}, .per_month = 1'000}, {.month = 600, .bytes = 900});
  limit.look_at(begin_of_month(700), begin_of_month(700), false);
  EXPECT_TRUE(limit.used_up(200));
  limit.look_at(begin_of_month(599), begin_of_month(599), true);
  EXPECT_TRUE(limit.used_up(200));
  limit.look_at(begin_of_month(601), begin_of_month(601), true);
  EXPECT_FALSE(limit.used_up(200));
  EXPECT_EQ(limit.usage().month, 601);
}

}  // namespace
}  // namespace fieldweir
