// When the journal or the tail is full: what goes, what stays, and what is said about it.

#include "buffer/dropping.h"
#include "tests/unit/buffer/failing_disk.h"
#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

TEST(FullLog, StaysBelowItsQuotaAndMarksWhatItDropped) {
  Rig rig({"down", "up"});
  rig.batch.rows = 200;
  rig.buffer.max_size = 1 << 20;
  rig.start();
  Random random(4);
  std::uint64_t added = 0;
  for (int i = 0; i < 4'000; ++i) {
    for (int j = 0; j < 200; ++j) {
      const auto r = uint64_reading(static_cast<SignalId>(j % 99), rig.clock.now(), random.next());
      rig.log->output().add({&r, 1}, rig.clock.now());
      ++added;
    }
    rig.run(500 * millisecond);
    if (i % 3 == 0) rig.deliver(1);
    const JournalStatus journal = rig.log->status().journal;
    ASSERT_LE(journal.database_bytes + journal.wal_bytes, rig.buffer.max_size) << i;
    ASSERT_EQ(journal.problem, Reason::none) << journal.problem_text.view();
    if (i > 0 && i % 1'500 == 0) rig.restart();
  }
  std::uint64_t lost = 0, delivered = 0, received_by_up = 0;
  for (const DecodedBatch& b : rig.pending(0)) {
    for (const Gap& gap : b.gaps) {
      EXPECT_EQ(gap.reason, Reason::quota);
      EXPECT_EQ(gap.signals.view(), std::string_view("dev.*\0", 6));
      EXPECT_LT(b.replaces_from, b.position);
      lost += gap.readings;
    }
    delivered += b.readings.size();
    rig.acknowledge(0, b, {b.readings.size(), 0, 0});
  }
  rig.deliver(1);
  received_by_up = rig.log->uplink_totals(1).delivered;
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(lost + delivered, added);
  EXPECT_EQ(received_by_up, added);
  for (const std::size_t u : {0, 1}) {
    const UplinkTotals totals = rig.log->uplink_totals(u);
    EXPECT_EQ(totals.queued, 0u) << u;
    EXPECT_TRUE(totals.balanced()) << u;
    EXPECT_EQ(totals.batched, added) << u;
  }
  EXPECT_EQ(rig.log->uplink_totals(0).dropped[static_cast<std::size_t>(Reason::quota)], lost);
}

/// Two uplinks and a small journal of large batches.
struct Small : Rig {
  Small() : Rig({"down", "slow"}) {
    batch.rows = 200;
    buffer.max_size = 1 << 20;
  }
  void fill(int batches) {
    for (; batches > 0; --batches) {
      for (int j = 0; j < 200; ++j) {
        const auto r = uint64_reading(static_cast<SignalId>(j % 99), clock.now(), random.next());
        log->output().add({&r, 1}, clock.now());
      }
      run(3 * second);
    }
  }
  std::uint64_t dropped(std::size_t u) const { return log->uplink_totals(u).dropped_total(); }
  Random random{4};
};

void expect_equal(const std::vector<DecodedBatch>& found,
                  const std::vector<DecodedBatch>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].replaces_from, expected[i].replaces_from) << i;
    EXPECT_EQ(found[i].position, expected[i].position) << i;
    EXPECT_EQ(found[i].readings, expected[i].readings) << i;
  }
}

TEST(FullLog, ADropEndsWhereAnotherUplinkStands) {
  Small rig;
  rig.start();
  rig.fill(250);
  rig.deliver(1, 108);
  const auto before = rig.pending(1, Lane::telemetry, most_ahead);
  while (rig.dropped(0) == 0) rig.fill(1);
  EXPECT_EQ(rig.dropped(1), 0u);
  expect_equal(rig.pending(1, Lane::telemetry, most_ahead), before);
  const auto seen_by_down = rig.pending(0, Lane::telemetry, most_ahead + 1);
  EXPECT_EQ(seen_by_down.back().replaces_from.seq, most_ahead + 1);
  EXPECT_EQ(seen_by_down.back().position.seq, 108u);
}

// An uplink that acknowledges and reads on while the drop is being committed.
TEST(FullLog, WhatIsReadDuringADropStays) {
  int until_drop = 0;
  {
    Small rig;
    for (rig.start(); rig.dropped(1) == 0; ++until_drop) rig.fill(1);
  }
  Small rig;
  rig.vfs = failing_vfs();
  rig.start();
  rig.fill(until_drop - 1);
  ASSERT_EQ(rig.dropped(1), 0u);
  std::vector<DecodedBatch> read;
  Failing::at_write = [&] {
    rig.deliver(1, most_ahead);
    read = rig.pending(1, Lane::telemetry, most_ahead);
  };
  rig.fill(1);
  ASSERT_FALSE(Failing::at_write) << "nothing was written";
  ASSERT_GT(rig.dropped(0), 0u);
  expect_equal(rig.pending(1, Lane::telemetry, read.size()), read);
  for (const std::size_t u : {0, 1}) {
    rig.deliver(u);
    EXPECT_EQ(rig.log->uplink_totals(u).queued, 0u) << u;
    EXPECT_TRUE(rig.log->uplink_totals(u).balanced()) << u;
  }
}

// A slow disk, and an uplink that passes the range between the books and the drop.
TEST(FullLog, WhatArrivedMeanwhileIsNotDropped) {
  TempDir folder;
  Journal journal({.path = folder.file("journal.db"), .max_size = 64 << 20});
  ASSERT_TRUE(journal.open().ok() && journal.begin().ok());
  const auto row = [](std::uint64_t seq) { return row_id(Lane::telemetry, {1, 1, seq}); };
  for (std::uint64_t seq = 1; seq <= 300; ++seq)
    ASSERT_TRUE(journal.put(Lane::telemetry, {1, 1, seq}, 20, {}).ok());
  const SignalTable signals(0);
  Tail tail(16, 20, 1, {}, signals);
  tail.resume(Lane::telemetry, {1, 1, 300});
  std::vector<UplinkBooks> books(1);
  books[0].totals.batched = books[0].totals.queued = 6'000;
  tail.resume(0, books[0]);
  tail.find(0, Lane::telemetry, {1, 1, 299});
  tail.acknowledge(0, Lane::telemetry, {{1, 1, 300}, {1, 1, 300}}, {6'000, 0, 0});
  Drops drops(1);
  const auto freed = drop(journal, tail, Lane::telemetry, {row(101), row(120), row(100)},
                          Reason::quota, {books, {}}, drops);
  ASSERT_TRUE(freed.ok());
  EXPECT_EQ(freed.value(), 0u);
  EXPECT_EQ(drops[0], ByReason{});
}

// Batches of which twelve do not fit at once, but one does.
TEST(FullLog, WhatDoesNotFitAltogetherIsWrittenInParts) {
  Rig rig;
  rig.batch.rows = 10'000;
  rig.batch.bytes = 16 << 20;
  rig.buffer.max_size = 1 << 20;
  rig.buffer.commit.every = hour;
  rig.start();
  Random random(4);
  for (int i = 0; i < 12 * 10'000; ++i) {
    const auto r = uint64_reading(static_cast<SignalId>(i % 99), rig.clock.now(), random.next());
    rig.log->output().add({&r, 1}, rig.clock.now());
  }
  rig.clock.advance(hour);
  rig.run(10 * second);
  EXPECT_GT(rig.log->status().lanes[1].journal_batches, 0u);
}

TEST(FullLog, AMarkForADamagedBatchDoesNotReachBackTo1970) {
  TempDir folder;
  Journal journal({.path = folder.file("journal.db"), .max_size = 64 << 20});
  ASSERT_TRUE(journal.open().ok() && journal.begin().ok());
  const auto row = [](std::uint64_t seq) { return row_id(Lane::telemetry, {1, 1, seq}); };
  Encoder encoder(1, 1);
  std::vector<std::byte> bytes(encoded_max(1));
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    BatchHeader header;
    header.position = header.replaces_from = {1, 1, seq};
    const Reading reading = uint64_reading(0, day, seq);
    const std::size_t size = encoder.encode(header, {&reading, 1}, {}, bytes);
    ASSERT_TRUE(
        journal.put(Lane::telemetry, {1, 1, seq}, 1, std::span(bytes).first(seq == 2 ? 5 : size))
            .ok());
  }
  const SignalTable signals(0);
  Tail tail(16, 20, 0, {}, signals);
  Drops drops;
  ASSERT_TRUE(
      drop(journal, tail, Lane::telemetry, {row(1), row(3), row(0)}, Reason::quota, {}, drops)
          .ok());
  BatchHeader mark;
  ASSERT_TRUE(decode_header(journal.payload(row(3)).value(), mark).ok());
  ASSERT_EQ(mark.gaps.size(), 1u);
  EXPECT_EQ(mark.gaps.begin()->from, day);
  EXPECT_EQ(mark.gaps.begin()->to, day);
  EXPECT_EQ(mark.gaps.begin()->readings, 3u);
}

// The oldest stay, then comes one gap, then the last few.
TEST(FullLog, TheNewestGoIfSoConfigured) {
  Small rig;
  rig.buffer.when_full = WhenFull::drop_newest;
  rig.start();
  int until_full = 0;
  for (; rig.dropped(0) == 0; ++until_full) {
    rig.fill(1);
    rig.deliver(1);
  }
  for (int i = 0; i < 1'000; ++i) {
    rig.fill(1);
    rig.deliver(1);
    const JournalStatus journal = rig.log->status().journal;
    ASSERT_LE(journal.database_bytes + journal.wal_bytes, rig.buffer.max_size) << i;
    ASSERT_EQ(journal.problem, Reason::none) << journal.problem_text.view();
  }
  const auto batches = rig.pending(0);
  std::size_t gaps = 0, before_gap = 0;
  std::uint64_t readings = 0, lost = 0;
  for (const DecodedBatch& b : batches) {
    gaps += b.gaps.empty() ? 0 : 1;
    before_gap += gaps == 0 ? 1 : 0;
    readings += b.readings.size();
    for (const Gap& gap : b.gaps) lost += gap.readings;
  }
  EXPECT_EQ(gaps, 1u);
  EXPECT_EQ(batches.back().position, rig.log->status().lanes[1].last);
  EXPECT_GT(static_cast<double>(before_gap), 0.9 * until_full);
  EXPECT_LT(before_gap, batches.size() - 1);
  EXPECT_EQ(lost, rig.dropped(0));
  EXPECT_EQ(readings + lost, rig.log->uplink_totals(0).batched);
  EXPECT_EQ(rig.dropped(1), 0u);
}

TEST(FullLog, ItDoesNotGrowOnADiskThatIsNearlyFull) {
  static std::uint64_t free_bytes;
  free_bytes = 1 << 20;
  Small rig;
  rig.buffer.max_size = 4 << 20;
  rig.buffer.min_free_disk = 1 << 20;
  rig.free_bytes = [](const std::string&) { return free_bytes; };
  rig.start();
  rig.fill(300);
  EXPECT_EQ(rig.dropped(0), 0u);
  const std::uint64_t before = rig.log->status().journal.database_bytes;
  --free_bytes;
  rig.fill(300);
  EXPECT_TRUE(rig.log->status().journal.low_disk);
  EXPECT_EQ(rig.log->status().journal.problem, Reason::none);
  EXPECT_LE(rig.log->status().journal.database_bytes, before + (1 << 16));
  const std::uint64_t dropped = rig.dropped(0);
  EXPECT_GT(dropped, 0u);
  rig.deliver(1, 50);
  ++free_bytes;
  rig.fill(300);
  EXPECT_FALSE(rig.log->status().journal.low_disk);
  EXPECT_EQ(rig.dropped(0), dropped);
  EXPECT_GT(rig.log->status().journal.database_bytes, before + (1 << 18));
  for (const std::size_t u : {0, 1}) {
    rig.deliver(u);
    EXPECT_TRUE(rig.log->uplink_totals(u).balanced()) << u;
    EXPECT_EQ(rig.log->uplink_totals(u).queued, 0u) << u;
  }
}

// What must be on disk whoever has it finds no room there: then it is enough that everybody has it.
TEST(FullLog, AStopOnAFullDiskSucceedsIfEverythingArrived) {
  Rig rig;
  rig.batch.rows = 200;
  rig.buffer.persist_after = 0;
  rig.buffer.min_free_disk = 1 << 20;
  rig.free_bytes = [](const std::string&) -> std::uint64_t { return 0; };
  rig.start();
  for (int i = 0; i < 20; ++i) {
    rig.add(200);
    rig.run(100 * millisecond);
  }
  ASSERT_EQ(rig.deliver(0).size(), 4'000u);
  ASSERT_EQ(rig.log->status().journal.problem, Reason::quota);
  rig.restart();
  EXPECT_TRUE(rig.pending(0).empty()) << "the end was not clean, or the cursor is not where it was";
  EXPECT_EQ(rig.log->uplink_totals(0).delivered, 4'000u);
  rig.add(4'000);
  EXPECT_FALSE(rig.log->stop(rig.clock.now()).ok()) << "somebody is owed this";
}

TEST(FullLog, DeadLettersLeaveRoomForBatches) {
  Small rig;
  rig.start();
  for (int i = 0; i < 300; ++i) {
    rig.fill(1);
    for (const DecodedBatch& b : rig.pending(1)) {
      DecodedBatch part = Rig::first_reading(b);
      for (int reason = 1; reason <= static_cast<int>(GapList::most); ++reason)
        part.gaps.push_back({b.readings[0].time, b.readings[0].time + reason * second, 1'000'000,
                             static_cast<Reason>(reason)});
      for (int n = 0; n < 10; ++n) rig.log->reader(1).dead_letter(part, "no");
      rig.acknowledge(1, b, {b.readings.size() - 10, 0, 10});
    }
    rig.deliver(0);
  }
  rig.run(3 * second);
  EXPECT_EQ(rig.log->uplink_totals(1).dead_lettered, 300u * 10);
  const std::uint64_t bytes = rig.log->status().journal.database_bytes;
  EXPECT_GT(bytes, rig.buffer.max_size / 10);
  EXPECT_LT(bytes, rig.buffer.max_size / 4);
}

TEST(FullLog, DropsTheOldestUnseenWhenOnlyMemoryIsLeft) {
  Rig rig({"a", "b"});
  rig.buffer.path = "/proc/no/journal.db";  // cannot be made
  rig.start();
  rig.batches(5);
  EXPECT_EQ(rig.pending(0).size(), 5u);  // seen, so they must stay
  rig.batches(1'000);
  rig.run(5 * second);
  EXPECT_NE(rig.log->status().journal.problem, Reason::none);
  std::uint64_t lost = 0, delivered = 0;
  const auto batches = rig.pending(0);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(batches[i].readings.size(), 20u);
  for (const DecodedBatch& b : batches) {
    for (const Gap& gap : b.gaps) {
      lost += gap.readings;
      EXPECT_EQ(gap.signals.view(), std::string_view("dev.*\0", 6));
    }
    delivered += b.readings.size();
    rig.acknowledge(0, b, {b.readings.size(), 0, 0});
  }
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(lost + delivered, rig.next_value);
  for (const std::size_t u : {0, 1}) EXPECT_TRUE(rig.log->uplink_totals(u).balanced()) << u;
  EXPECT_EQ(rig.log->uplink_totals(0).queued, 0u);
}

}  // namespace
}  // namespace fieldweir
