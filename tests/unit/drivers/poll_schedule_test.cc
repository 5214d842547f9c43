#include "drivers/poll_schedule.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/fake_clock.h"

namespace fieldweir {
namespace {

constexpr Time start = FakeClock::start;

TEST(PollSchedule, FirstAtOnceThenOnItsGrid) {
  PollSchedule schedule({{second}}, Random(1));
  EXPECT_LE(schedule.next(), start);
  ASSERT_TRUE(schedule.take(start));
  const Time first = schedule.next();
  EXPECT_GT(first, start);
  EXPECT_LE(first, start + second);
  for (int i = 0; i < 1000; ++i) {  // served up to 300 ms late each time: no drift
    const Time due = schedule.next();
    ASSERT_EQ(due, first + i * second);
    ASSERT_FALSE(schedule.take(due - 1));
    const auto taken = schedule.take(due + i % 4 * 100 * millisecond);
    ASSERT_TRUE(taken);
    ASSERT_EQ(taken->skipped, 0u);
  }
}

TEST(PollSchedule, LatePollsAreCountedNotQueued) {
  PollSchedule schedule({{second}}, Random(2));
  ASSERT_TRUE(schedule.take(start));
  const Time due = schedule.next();
  const auto taken = schedule.take(due + 3 * second + 1);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->skipped, 3u);
  EXPECT_FALSE(schedule.take(due + 3 * second + 2));
  EXPECT_EQ(schedule.next(), due + 4 * second);
}

TEST(PollSchedule, TheLongestWaitingGroupComesFirst) {
  PollSchedule schedule({{second}, {minute}}, Random(3));
  std::set<std::size_t> at_start;
  at_start.insert(schedule.take(start)->group);
  at_start.insert(schedule.take(start)->group);
  EXPECT_EQ(at_start.size(), 2u);
  EXPECT_FALSE(schedule.take(start));
  int fast = 0;
  int slow = 0;
  for (Time now = start; now < start + 10 * minute; now += 10 * millisecond)
    while (const auto due = schedule.take(now)) ++(due->group == 0 ? fast : slow);
  EXPECT_EQ(fast, 600);
  EXPECT_EQ(slow, 10);
}

TEST(PollSchedule, PhasesDiffer) {
  Random random(4);
  std::set<Time> deadlines;
  for (int i = 0; i < 20; ++i) {
    PollSchedule schedule({{second}}, random.fork());
    ASSERT_TRUE(schedule.take(start));
    deadlines.insert(schedule.next());
  }
  EXPECT_EQ(deadlines.size(), 20u);
}

TEST(PollSchedule, AfterAnAbsenceEveryGroupIsDueAndMissedDeadlinesCount) {
  PollSchedule schedule({{second}, {hour}}, Random(5));
  ASSERT_TRUE(schedule.take(start));
  ASSERT_TRUE(schedule.take(start));
  const Time fast_due = schedule.next();
  schedule.restart();
  const Time back = fast_due + 10 * second + millisecond;
  std::uint64_t skipped = 0;
  int groups = 0;
  while (const auto due = schedule.take(back)) {
    ++groups;
    skipped += due->skipped;
  }
  EXPECT_EQ(groups, 2);
  EXPECT_EQ(skipped, 10u);
  EXPECT_EQ(schedule.next(), fast_due + 11 * second);
}

TEST(PollSchedule, AnAlignedGroupKeepsToTheWallClock) {
  PollSchedule schedule({{hour, true}}, Random(6));
  ASSERT_TRUE(schedule.take(start + 20 * minute));  // at once, then at full hours
  EXPECT_EQ(schedule.next(), start + hour);
  ASSERT_TRUE(schedule.take(start + hour + 3 * second));
  EXPECT_EQ(schedule.next(), start + 2 * hour);
  // gateway time never steps; the wall clock was found to be 10 s ahead of it
  ASSERT_TRUE(schedule.take(start + 2 * hour, 10 * second));
  EXPECT_EQ(schedule.next(), start + 3 * hour - 10 * second);
  // and then to be 5 minutes behind
  ASSERT_TRUE(schedule.take(start + 3 * hour, -5 * minute));
  EXPECT_EQ(schedule.next(), start + 3 * hour + 5 * minute);
}

TEST(PollSchedule, OnceIsOncePerConnect) {
  PollSchedule schedule({{second}, {never}}, Random(7));
  int once = 0;
  Time now = start;
  const auto run = [&](Time end) {
    for (; now < end; now += 100 * millisecond)
      while (const auto due = schedule.take(now)) {
        EXPECT_EQ(due->skipped, 0u);
        once += due->group == 1 ? 1 : 0;
      }
  };
  run(start + hour);
  EXPECT_EQ(once, 1);
  schedule.restart();
  run(start + 2 * hour);
  EXPECT_EQ(once, 2);
  EXPECT_EQ(schedule.per_second(), 1);
}

}  // namespace
}  // namespace fieldweir
