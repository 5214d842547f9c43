// A clock that is wrong at first: what batches say of their times, and when.

#include "buffer/dating.h"

#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

constexpr Duration off = 56 * 365 * day;  // a clock that starts in 1970

/// What the field really saw: the wall clock's word for the reading numbered `value`, which are
/// taken one per second from `first`.
struct Site {
  explicit Site(std::vector<std::string> uplinks) : rig(std::move(uplinks)) {
    rig.buffer.persist_after = second;
    wrong_clock(7);
  }
  void wrong_clock(std::uint64_t boot) {
    rig.clock.set(minute);
    rig.clock.set_boot(boot, 0);
    rig.clock.set_synchronised(false);
    rig.clock.set_error(0);
  }
  void true_clock(std::uint64_t boot, Time now) {
    rig.clock.set(now);
    rig.clock.set_boot(boot, now - hour);
    rig.clock.set_synchronised(true);
    rig.clock.set_error(0);
  }
  /// All is committed; then the power goes.
  void crash() {
    rig.run(3 * second);
    rig.crash();
  }
  void synchronise() {
    rig.clock.set_error(off);
    rig.clock.set_synchronised(true);
  }
  /// A batch of one reading every second.
  void take(int n) {
    for (; n > 0; --n) {
      taken.push_back(rig.clock.now());
      rig.add(1);
      rig.close();
      rig.run(second);
    }
  }
  /// How far the times of what uplink `u` is owed are from gateway time; `marked`: where it says
  /// so.
  std::vector<std::pair<Duration, bool>> pending(std::size_t u) {
    std::vector<std::pair<Duration, bool>> found;
    for (const DecodedBatch& batch : rig.pending(u))
      for (const Reading& reading : batch.readings)
        found.emplace_back(reading.time - taken[reading.bits], !batch.clock_synchronised);
    return found;
  }

  Rig rig;
  std::vector<Time> taken;  // by gateway time
};

using Times = std::vector<std::pair<Duration, bool>>;
Times times(std::size_t marked, std::size_t corrected) {
  Times all(marked, {0, true});
  all.insert(all.end(), corrected, {off, false});
  return all;
}

TEST(Dating, WhatWasTakenBeforeIsCorrectedForWhomHasNotSeenIt) {
  Site site({"local", "cloud"});
  site.rig.start();
  site.take(5);
  EXPECT_EQ(site.pending(0), times(5, 0));  // the cloud is away
  site.synchronise();
  site.take(5);
  EXPECT_EQ(site.pending(0), times(5, 5));
  EXPECT_EQ(site.pending(1), times(0, 10));
  // what was given stays as it was, across a restart too
  site.crash();
  site.true_clock(8, minute + off + hour);
  site.rig.start();
  EXPECT_EQ(site.pending(0), times(5, 5));
  EXPECT_EQ(site.pending(1), times(0, 10));
}

TEST(Dating, WithoutTheRightTimeItStaysMarked) {
  Site site({"cloud"});
  site.rig.start();
  site.take(5);
  site.crash();
  site.true_clock(8, minute + off);
  site.rig.start();
  site.take(1);
  Times expected = times(5, 0);
  expected.emplace_back(0, false);
  EXPECT_EQ(site.pending(0), expected);
}

TEST(Dating, ARunDatesThoseBeforeItInTheSameBoot) {
  for (const bool begins_right : {false, true}) {
    Site site({"cloud"});
    site.rig.start();
    site.take(200);  // more than may have been given
    site.rig.stop();
    if (begins_right) {
      site.rig.clock.set(site.rig.clock.now() + off);
      site.rig.clock.set_boot(7, off);
      site.rig.clock.set_synchronised(true);
    }
    site.rig.start();
    site.take(1);
    site.synchronise();
    if (begins_right) site.rig.clock.set_error(0);
    site.rig.run(5 * second);
    for (int again = 0; again < 2; ++again) {
      const Times found = site.pending(0);
      ASSERT_EQ(found.size(), 201u);
      // an uplink may have had as many before the restart
      EXPECT_EQ(Times(found.begin(), found.begin() + 200), times(100, 100));
      EXPECT_EQ(found[200], std::pair(begins_right ? 0 : off, false));
      site.crash();
      site.true_clock(9, minute + 2 * off);
      site.rig.start();
    }
  }
}

TEST(Dating, AProcessThatGoesOnWithAWrongOffsetIsCorrectedFromItsStart) {
  Site site({"cloud"});
  site.synchronise();
  site.rig.start();
  site.rig.run(second);
  site.take(5);
  EXPECT_EQ(site.pending(0), times(0, 5));
}

TEST(Dating, TimesOfTheSourceStayAndGapsAreCorrected) {
  Site site({"cloud"});
  site.rig.start();
  Reading reading = uint64_reading(3, 42 * second, 1);
  reading.flags = source_time;
  site.rig.log->output().add({&reading, 1}, site.rig.clock.now());
  site.rig.log->output().lost(Reason::ring_full, minute, minute + second, 3);
  site.rig.run(2 * second);
  site.synchronise();
  site.rig.run(2 * second);
  const auto batches = site.rig.pending(0);
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].readings[0].time, 42 * second);
  EXPECT_EQ(batches[0].gaps[0].from, minute + off);
  EXPECT_EQ(batches[0].gaps[0].to, minute + second + off);
  EXPECT_TRUE(batches[0].clock_synchronised);
}

TEST(Dating, AGapAfterAWrongClockHasNoNegativeLength) {
  Site site({"cloud"});
  site.true_clock(7, FakeClock::start);
  site.rig.start();
  site.take(5);
  site.crash();
  site.wrong_clock(8);
  site.rig.start();
  site.rig.run(2 * second);
  site.synchronise();
  site.rig.run(2 * second);
  const auto batches = site.rig.pending(0);
  ASSERT_EQ(batches.size(), 6u);
  ASSERT_EQ(batches[5].gaps.size(), 1u);
  EXPECT_EQ(batches[5].gaps[0].reason, Reason::unclean_stop);
  EXPECT_EQ(batches[5].gaps[0].from, minute + off);
  EXPECT_EQ(batches[5].gaps[0].to, minute + off);
}

TEST(Dating, ADiskThatFailsDelaysNoCorrection) {
  Site site({"cloud"});
  site.rig.buffer.path = "/proc/no/journal.db";
  site.rig.start();
  site.synchronise();
  site.rig.run(3 * second);
  site.take(5);
  EXPECT_EQ(site.pending(0), times(0, 5));
}

/// An uplink that reads in two places was given nothing of what lies between them.
TEST(Dating, TheBacklogIsCorrectedBetweenWhatWasGivenOnBothSides) {
  Site site({"cloud"});
  site.rig.start();
  site.take(30);
  site.rig.pending(0, Lane::telemetry, 1);
  LogReader& reader = site.rig.log->reader(0);
  const Position left = reader.last(Lane::telemetry);
  reader.go_live(Lane::telemetry, left);
  site.take(5);
  DecodedBatch batch(100);
  ASSERT_TRUE(reader.next(Lane::telemetry, left, batch).value());
  site.synchronise();
  site.rig.run(2 * second);
  const Times found = site.pending(0);
  ASSERT_EQ(found.size(), 35u);
  EXPECT_EQ(Times(found.begin(), found.begin() + 30), times(1, 29));
  EXPECT_EQ(Times(found.begin() + 30, found.end()), times(1, 4));
}

TEST(Dating, BothPlacesMayHaveGivenBeforeARestart) {
  Site site({"cloud"});
  site.rig.start();
  site.take(200);
  LogReader& reader = site.rig.log->reader(0);
  reader.go_live(Lane::telemetry, reader.last(Lane::telemetry));
  site.take(150);
  site.rig.stop();
  site.rig.start();
  site.synchronise();
  site.rig.run(2 * second);
  const Times found = site.pending(0);
  ASSERT_EQ(found.size(), 350u);
  EXPECT_EQ(Times(found.begin(), found.begin() + 200), times(100, 100));
  EXPECT_EQ(Times(found.begin() + 200, found.end()), times(100, 50));
}

TEST(Dating, GivenRangesMeetAndTheNearestBecomeOne) {
  Given given;
  const auto add = [&](std::uint64_t after, std::uint64_t last) {
    given.add({{0, 3, after}, {0, 3, last}});
  };
  const auto ends = [&] {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
    for (const GivenRange& range : given.ranges())
      all.emplace_back(range.after.seq, range.last.seq);
    return all;
  };
  using Ends = decltype(ends());
  add(10, 20);
  add(20, 21);
  add(12, 15);
  add(0, 5);
  add(40, 41);
  EXPECT_EQ(ends(), (Ends{{0, 5}, {10, 21}, {40, 41}}));
  add(5, 10);
  EXPECT_EQ(ends(), (Ends{{0, 21}, {40, 41}}));
  for (const std::uint64_t after : {100u, 200u, 206u, 300u}) add(after, after + 1);
  EXPECT_EQ(ends(), (Ends{{0, 21}, {40, 41}, {100, 101}, {200, 207}, {300, 301}}));
}

TEST(Dating, ARowOfTheEarlierFormIsUnderstood) {
  std::vector<std::byte> bytes(25 + 8 + 20);
  bytes[16] = std::byte{1};  // it is known when the machine booted
  bytes[33] = std::byte{3};  // epoch and seq of the first that was given
  bytes[37] = std::byte{5};
  bytes[38] = std::byte{3};
  bytes[42] = std::byte{7};
  const auto clock = decode_clock(bytes);
  ASSERT_TRUE(clock.has_value());
  EXPECT_TRUE(clock->booted.has_value());
  EXPECT_FALSE(clock->given[0].lanes[0].has({0, 3, 4}));
  EXPECT_TRUE(clock->given[0].lanes[0].has({0, 3, 5}));
  EXPECT_TRUE(clock->given[0].lanes[0].has({0, 3, 7}));
  EXPECT_FALSE(clock->given[0].lanes[0].has({0, 3, 8}));
}

TEST(Dating, TheRowComesBackAsItWas) {
  RunClock clock{{77, -5}, 1234567, {}};
  clock.given.push_back({-9, {}});
  clock.given[0].lanes[1].add({{0, 3, 70}, {0, 3, 90}});
  clock.given[0].lanes[1].add({{0, 3, 95}, {0, 3, 96}});
  const auto bytes = encode_clock(clock);
  const auto back = decode_clock(bytes);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->boot.id, 77u);
  EXPECT_EQ(back->boot.at, -5);
  EXPECT_EQ(back->booted, 1234567);
  EXPECT_TRUE(back->given[0].lanes[1].has({9, 3, 80}));
  EXPECT_FALSE(back->given[0].lanes[1].has({9, 3, 91}));
  EXPECT_TRUE(back->given[0].lanes[1].has({9, 3, 96}));
  EXPECT_FALSE(back->given[0].lanes[0].has({9, 3, 80}));
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_EQ(decode_clock(std::span(bytes).first(n)).has_value(), n == 25) << n;
}

}  // namespace
}  // namespace fieldweir
