// What is older than `buffer.max_age`.

#include "buffer/expiry.h"

#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

constexpr auto expired = static_cast<std::size_t>(Reason::expired);

/// What is under way to the uplinks is what is owed: readings in batches and in gaps.
struct Received {
  std::uint64_t readings = 0;
  std::uint64_t lost = 0;
  std::vector<Reason> reasons;
};

Received receive(Rig& rig, std::size_t uplink) {
  Received received;
  for (const DecodedBatch& b : rig.pending(uplink)) {
    received.readings += b.readings.size();
    for (const Gap& gap : b.gaps) {
      received.lost += gap.readings;
      received.reasons.push_back(gap.reason);
    }
    rig.acknowledge(uplink, b, {b.readings.size(), 0, 0});
  }
  EXPECT_TRUE(rig.log->uplink_totals(uplink).balanced());
  EXPECT_EQ(rig.log->uplink_totals(uplink).queued, 0u);
  return received;
}

/// A batch each five minutes.
void fill(Rig& rig, Duration duration) {
  for (const Time end = rig.clock.now() + duration; rig.clock.now() < end;) {
    rig.add(20);
    rig.run(3 * second);
    rig.clock.advance(5 * minute - 3 * second);
  }
}

TEST(Expiry, WhatIsTooOldGoesAsAGapThatSaysSo) {
  Rig rig({"down", "up"});
  rig.buffer.max_age = day;
  rig.start();
  for (int i = 0; i < 3 * 24; ++i) {
    fill(rig, hour);
    rig.deliver(1);
  }
  rig.run(3 * second);
  const std::uint64_t dropped = rig.log->uplink_totals(0).dropped[expired];
  EXPECT_EQ(rig.log->uplink_totals(1).dropped_total(), 0u);
  const auto batches = rig.pending(0);
  // seen or not, what an uplink may be sending stays
  for (std::size_t i = 0; i < most_ahead; ++i) EXPECT_EQ(batches[i].readings.size(), 20u) << i;
  EXPECT_LT(batches[most_ahead].replaces_from, batches[most_ahead].position);
  const Time oldest = batches[most_ahead + 1].readings.back().time;
  EXPECT_GE(oldest, rig.clock.now() - day - 2 * hour);
  EXPECT_LE(oldest, rig.clock.now() - day + hour);
  const Received received = receive(rig, 0);
  EXPECT_EQ(received.reasons, std::vector<Reason>{Reason::expired});
  EXPECT_EQ(received.lost, dropped);
  EXPECT_EQ(received.readings + received.lost, rig.next_value);
}

TEST(Expiry, GoesOnThroughRestartsAndInAQuietJournal) {
  Rig rig;
  rig.buffer.max_age = day;
  rig.start();
  fill(rig, 12 * hour);
  rig.restart();
  fill(rig, 6 * hour);
  rig.restart();
  for (int i = 0; i < 48; ++i) {
    rig.clock.advance(hour);
    rig.run(2 * second);
  }
  const Received received = receive(rig, 0);
  EXPECT_EQ(received.readings, 20u * most_ahead);
  EXPECT_EQ(received.readings + received.lost, rig.next_value);
}

TEST(Expiry, MoreThanOneTransactionHolds) {
  Rig rig;
  rig.buffer.max_age = day;
  rig.start();
  for (int i = 0; i < 125; ++i) {
    rig.batches(20);
    rig.run(3 * second);
  }
  rig.stop();
  rig.clock.advance(2 * day);
  rig.start();
  rig.clock.advance(hour);  // housekeeping
  rig.run(5 * second);
  EXPECT_LE(rig.log->status().lanes[1].journal_batches, most_ahead + 2);
  const Received received = receive(rig, 0);
  EXPECT_EQ(received.readings, 20u * most_ahead);
  EXPECT_EQ(received.readings + received.lost, rig.next_value);
}

// The batches before were 1970's, or the clock of this run is far ahead: nobody knows their age.
TEST(Expiry, AWrongClockExpiresNothing) {
  for (const bool before : {true, false}) {
    Rig rig;
    rig.buffer.max_age = day;
    if (before) rig.clock.set(hour);
    rig.clock.set_synchronised(!before);
    rig.start();
    rig.clock.set_synchronised(true);  // too late: gateway time does not step within a run
    rig.batches(20);
    fill(rig, 12 * hour);
    rig.stop();
    rig.clock.set_synchronised(before);
    rig.clock.set(before ? FakeClock::start : FakeClock::start + 100 * day);
    rig.start();
    rig.run(2 * hour);
    EXPECT_EQ(rig.log->uplink_totals(0).dropped_total(), 0u) << before;
    rig.clock.advance(day);
    rig.run(2 * hour);
    EXPECT_GT(rig.log->uplink_totals(0).dropped[expired], 0u) << "as old as this run, at least";
    rig.log->output().flush(rig.clock.now());
    receive(rig, 0);
  }
}

// A clock that was true by its own word, a hundred days ahead; no later run lasts for `max_age`.
TEST(Expiry, WhatWasDatedAheadIsAsOldAsWhatStandsBehindIt) {
  Rig rig;
  rig.buffer.max_age = day;
  rig.clock.set(FakeClock::start + 100 * day);
  rig.start();
  fill(rig, 12 * hour);
  const std::uint64_t ahead = rig.next_value;
  rig.stop();
  rig.clock.set(FakeClock::start);
  rig.start();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.log->uplink_totals(0).dropped_total(), 0u);
    fill(rig, 6 * hour);
    rig.restart();
  }
  for (int i = 0; i < 4; ++i) {
    fill(rig, 6 * hour);
    rig.restart();
  }
  EXPECT_GT(rig.log->uplink_totals(0).dropped[expired], ahead - 20 * most_ahead);
  const Received received = receive(rig, 0);
  EXPECT_EQ(received.readings + received.lost, rig.next_value);
}

TEST(Expiry, AsOldAsThisRunWhateverItsDate) {
  Rig rig;
  rig.buffer.max_age = day;
  rig.clock.set(FakeClock::start + 100 * day);
  rig.start();
  fill(rig, 12 * hour);
  rig.stop();
  rig.clock.set(FakeClock::start);
  rig.start();
  for (int i = 0; i < 26; ++i) {
    EXPECT_EQ(rig.log->uplink_totals(0).dropped_total() > 0, i >= 24) << i;
    rig.clock.advance(hour);
    rig.run(2 * second);
  }
  receive(rig, 0);
}

TEST(Expiry, ATimeOfTheSourceMakesNothingOlderThanTheRunThatHeardOfIt) {
  Rig rig;
  rig.buffer.max_age = day;
  rig.start();
  for (int i = 0; i < 3 * 20 * static_cast<int>(most_ahead); ++i) {
    Reading reading = uint64_reading(1, rig.clock.now() - 40 * day, rig.next_value++);
    reading.flags = source_time;
    rig.log->output().add({&reading, 1}, rig.clock.now());
    if (i % 20 == 19) rig.run(3 * second);
  }
  for (int i = 0; i < 12; ++i) {
    rig.clock.advance(hour);
    rig.run(2 * second);
  }
  EXPECT_EQ(rig.log->uplink_totals(0).dropped_total(), 0u);
  EXPECT_EQ(receive(rig, 0).readings, rig.next_value);
}

// Nothing but losses for a while: the recorder neither turns round on the marks nor stays behind.
TEST(Expiry, ManyMarksAloneAreNoWorkWithoutEnd) {
  Rig rig;
  rig.buffer.max_age = hour;
  rig.start();
  for (int i = 0; i < 2'500; ++i) {
    rig.log->output().lost(Reason::timeout, rig.clock.now(), rig.clock.now(), 1);
    rig.close();
    if (i % 20 == 19) rig.run(2 * second);
  }
  const std::uint64_t commits = rig.commits();
  for (int i = 0; i < 3; ++i) {
    rig.clock.advance(hour);
    rig.run(3 * second);
  }
  EXPECT_LT(rig.commits(), commits + 20);
  fill(rig, 20 * minute);
  rig.clock.advance(2 * hour);
  rig.run(3 * second);
  EXPECT_GT(rig.log->uplink_totals(0).dropped[expired], 0u);
  const Received received = receive(rig, 0);
  EXPECT_EQ(received.readings + received.lost, rig.next_value + 2'500);
}

TEST(Expiry, WhatAnAbsentUplinkIsOwedExpiresTooAndIsCounted) {
  Rig rig({"a", "b"});
  rig.buffer.max_age = 10 * day;
  rig.start();
  fill(rig, 20 * hour);
  rig.clock.advance(9 * day);
  rig.stop();
  rig.set_uplinks({"b"});
  rig.start();
  rig.clock.advance(day);
  rig.run(3 * second);
  const std::uint64_t kept = rig.log->status().absent[0].queued;
  EXPECT_LT(kept, rig.next_value);
  rig.stop();
  rig.set_uplinks({"a", "b"});
  rig.start();
  EXPECT_EQ(rig.log->uplink_totals(0).dropped[expired], rig.next_value - kept);
  const Received received = receive(rig, 0);
  EXPECT_EQ(received.readings, kept);
  EXPECT_EQ(received.readings + received.lost, rig.next_value);
}

}  // namespace
}  // namespace fieldweir
