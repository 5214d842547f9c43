// A damaged or lost journal: what was in it is taken over, or counted as lost, once.

#include <cstdint>
#include <filesystem>

#include "buffer/journal.h"
#include "tests/unit/buffer/damage.h"

namespace fieldweir {
namespace {

namespace fs = std::filesystem;

/// Every position from the first to the last is there or stood for, and the ledger agrees.
void expect_accounted(Rig& rig) {
  std::uint64_t next = 1;
  for (const DecodedBatch& b : rig.pending(0)) {
    EXPECT_EQ(b.replaces_from.seq, next);
    next = b.position.seq + 1;
    rig.acknowledge(0, b, {b.readings.size(), 0, 0});
  }
  EXPECT_EQ(next, rig.log->status().lanes[1].last.seq + 1);
  EXPECT_EQ(rig.log->uplink_totals(0).queued, 0u);
  EXPECT_TRUE(rig.log->uplink_totals(0).balanced());
}

/// After a failed write the journal is closed until it is tried again: meanwhile `harm` comes.
void reopen_after(void (*harm)(const std::string& path)) {
  Rig rig;
  rig.vfs = failing_vfs();
  rig.start();
  write(rig, 20, 20);
  ASSERT_EQ(rig.pending(0, Lane::telemetry, 5).size(), 5u);  // its connection is open
  fail_a_write(rig);
  harm(rig.buffer.path);
  rig.run(5 * second);
  EXPECT_TRUE(rig.log->status().journal.writable);
  expect_accounted(rig);
}

TEST(Mending, AJournalFoundDamagedWhenItIsOpenedAgainIsAccounted) {
  reopen_after([](const std::string& path) {
    fs::remove(path + "-wal");
    write_file(path, std::string(3000, 'x'));
  });
}

TEST(Mending, AJournalFoundEmptyWhenItIsOpenedAgainIsAccounted) {
  reopen_after([](const std::string& path) {
    for (const char* part : {"", "-wal", "-shm"}) fs::remove(path + part);
  });
}

/// `a` is owed 200 batches and took the 200 behind them ahead; `b` is owed all.
Position go_live_halfway(Rig& rig) {
  write(rig, 20, 10);
  LogReader& reader = rig.log->reader(0);
  const Position left = reader.last(Lane::telemetry);
  reader.go_live(Lane::telemetry, left);
  write(rig, 20, 10);
  const Position last = reader.last(Lane::telemetry);
  reader.acknowledge(Lane::telemetry, {last, last}, {4'000, 0, 0});
  return left;
}

TEST(Mending, AMarkForALostJournalEndsWhereAnUplinkWentLive) {
  Rig rig({"a", "b"});
  rig.vfs = failing_vfs();
  rig.start();
  const Position left = go_live_halfway(rig);
  fail_a_write(rig);
  fs::remove(rig.buffer.path + "-wal");
  write_file(rig.buffer.path, std::string(3000, 'x'));
  rig.run(5 * second);
  const auto batches = rig.pending(0);
  ASSERT_GT(batches.size(), 1u);
  EXPECT_EQ(batches[0].position, left);
  EXPECT_EQ(batches[0].gaps[0].reason, Reason::corrupt);
}

TEST(Mending, AMarkForAHoleEndsWhereAnUplinkWentLive) {
  Rig original({"a", "b"});
  original.start();
  const Position left = go_live_halfway(original);
  original.stop();
  const std::string good = read_file(original.buffer.path);
  const std::size_t pages = good.size() / 512;
  int ended_there = 0;
  for (std::size_t page = pages / 4; page < pages * 3 / 4; page += 2) {
    Rig rig({"a", "b"});
    std::string bad = good;
    write_file(rig.buffer.path, bad.replace(page * 512, 2'048, 2'048, 'x'));
    rig.start();
    read_until_mended(rig, 1);
    for (const DecodedBatch& b : rig.pending(1)) {
      EXPECT_FALSE(b.replaces_from <= left && left < b.position) << page;
      ended_there += b.position == left && b.replaces_from < left ? 1 : 0;
    }
  }
  EXPECT_GT(ended_there, 0);
}

void expect_all_after(const std::string& sql) {
  Rig rig;
  fill(rig);
  run_sql(rig.buffer.path, sql);
  rig.start();
  rig.run(2 * hour);
  EXPECT_EQ(rig.deliver(0), numbers(0, rig.next_value));
  EXPECT_EQ(rig.log->uplink_totals(0).queued, 0u);
  EXPECT_TRUE(rig.log->uplink_totals(0).balanced());
}

TEST(Mending, ACursorThatCannotBeReadIsNoNewUplinks) {
  expect_all_after("UPDATE state SET value = x'FFFF' WHERE name = 'uplink/a'");
}

TEST(Mending, ACursorThatNoRowCanHaveIsBroken) {
  UplinkBooks books;
  books.cursors[1].acknowledged = {1, 1u << epoch_bits, 5};
  std::string hex;
  const StateBytes state = StateBytes::of(books);
  for (const std::byte byte : state.bytes())
    for (const unsigned digit :
         {static_cast<unsigned>(byte) >> 4, static_cast<unsigned>(byte) & 15})
      hex += "0123456789ABCDEF"[digit];
  expect_all_after("UPDATE state SET value = x'" + hex + "' WHERE name = 'uplink/a'");
}

TEST(Mending, BatchesKeepTheirNamesIfTheirCountsAreLost) {
  expect_all_after("UPDATE state SET value = x'FFFF' WHERE name = 'lanes'");
}

// What is in flight when the journal is lost is counted as lost, and then arrives.
TEST(Mending, WhatWasInFlightWhenTheJournalWasLostIsCountedOnce) {
  Rig rig;
  rig.vfs = failing_vfs();
  rig.start();
  write(rig, 20, 20);
  const auto in_flight = rig.pending(0, Lane::telemetry, 5);
  ASSERT_EQ(in_flight.size(), 5u);
  fail_a_write(rig);
  for (const char* part : {"", "-wal", "-shm"}) fs::remove(rig.buffer.path + part);
  rig.run(5 * second);
  for (const DecodedBatch& b : in_flight) rig.acknowledge(0, b, {b.readings.size(), 0, 0});
  rig.deliver(0);
  EXPECT_EQ(rig.log->uplink_totals(0).queued, 0u);
  EXPECT_TRUE(rig.log->uplink_totals(0).balanced());
}

// Power cuts while a damaged journal is moved, and before all of it is taken over.
TEST(Mending, APowerCutWhileMendingCostsNothingThatCanBeRead) {
  enum class At { first_file_moved, all_moved, half_filled };
  for (const At at : {At::first_file_moved, At::all_moved, At::half_filled}) {
    Rig rig;
    rig.start();
    write(rig, 20, 20);
    const std::string image = rig.folder.file("image");
    for (const char* part : {"", "-wal"}) fs::copy(rig.buffer.path + part, image + part);
    rig.crash();
    fs::remove(rig.buffer.path);
    fs::rename(image, rig.buffer.path + ".mending");
    const bool first = at == At::first_file_moved;
    fs::rename(image + "-wal", rig.buffer.path + (first ? "-wal" : ".mending-wal"));
    if (at == At::half_filled) {
      Journal journal({.path = rig.buffer.path, .max_size = rig.buffer.max_size});
      ASSERT_TRUE(journal.open());
    }
    rig.start();
    EXPECT_TRUE(fs::exists(rig.buffer.path + ".damaged-1"));
    EXPECT_FALSE(fs::exists(rig.buffer.path + ".mending"));
    EXPECT_EQ(rig.deliver(0), numbers(0, rig.next_value));
  }
}

/// Reads until a damaged page is met, and goes on until the journal was taken over, no longer.
bool taken_over(Rig& rig) {
  const auto moved = [&] { return fs::exists(rig.buffer.path + ".damaged-1"); };
  DecodedBatch batch(20);
  Position after;
  while (!moved()) {
    const Result<bool> more = rig.log->reader(0).next(Lane::telemetry, after, batch);
    if (more && !more.value()) break;
    if (more) after = batch.position;
    for (int i = 0; !more && !moved() && i < 50; ++i) rig.run(100 * millisecond);
  }
  return moved();
}

// What could not be taken over stays counted as lost, however soon the power goes.
TEST(Mending, APowerCutBehindMendingForgetsNothingThatWasLost) {
  Rig original;
  fill(original);
  const std::string good = read_file(original.buffer.path);
  int cuts = 0;
  for (std::size_t page = 1; page < good.size() / 512; page += 1 + good.size() / 512 / 60) {
    Rig rig;
    std::string bad = good;
    std::fill_n(bad.begin() + static_cast<std::ptrdiff_t>(page * 512), 512, '\x5A');
    write_file(rig.buffer.path, bad);
    rig.next_value = original.next_value;
    rig.start();
    if (!taken_over(rig)) continue;
    ++cuts;
    rig.crash();
    rig.start();
    read_until_mended(rig, 0);
    rig.deliver(0);
    EXPECT_EQ(rig.log->uplink_totals(0).queued, 0u) << "page " << page;
    EXPECT_TRUE(rig.log->uplink_totals(0).balanced()) << "page " << page;
  }
  EXPECT_GT(cuts, 10);
}

// A reader keeps a connection to the file that it opened, wherever that was moved.
TEST(Mending, AReaderFollowsToTheFileThatTookOver) {
  Rig rig;
  rig.vfs = failing_vfs();
  rig.start();
  write(rig, 20, 20);
  EXPECT_EQ(rig.deliver(0, 5), numbers(0, 100));
  Failing::countdown = 0;
  Failing::for_ever = false;
  Failing::code = SQLITE_CORRUPT;
  for (int i = 0; i < 20; ++i) {
    rig.batches(20);
    rig.run(3 * second);
  }
  ASSERT_TRUE(fs::exists(rig.buffer.path + ".damaged-1"));
  EXPECT_EQ(rig.deliver(0), numbers(100, rig.next_value));
}

}  // namespace
}  // namespace fieldweir
