// What a disk can do to the journal, and what must still be true.

#include <sqlite3.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>

#include "tests/unit/buffer/failing_disk.h"
#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

/// A rig with a backlog of 100 batches in a journal that is closed.
void fill(Rig& rig) {
  rig.start();
  for (int i = 0; i < 5; ++i) {
    rig.batches(20);
    rig.run(3 * second);
  }
  rig.stop();
}

TEST(Faults, ASecondInstanceIsRefused) {
  Rig rig;
  rig.start();
  try {
    Log second(rig.batch, rig.buffer, {"a"}, {rig.signals, rig.texts, rig.clock, Random(1)});
    FAIL() << "two logs on one journal";
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("another fieldweir uses this journal"), std::string::npos);
  }
}

TEST(Faults, AFileThatIsNoJournalIsSetAside) {
  for (const std::string& contents : {std::string(3000, 'x'), std::string("SQLite format 3")}) {
    Rig rig;
    write_file(rig.buffer.path, contents);
    rig.start();
    EXPECT_EQ(read_file(rig.buffer.path + ".damaged-1"), contents);
    rig.add(20);
    rig.restart();
    EXPECT_EQ(rig.deliver(0), numbers(0, 20));
  }
}

TEST(Faults, AForeignDatabaseIsLeftAsItWas) {
  Rig rig;
  run_sql(rig.buffer.path, "CREATE TABLE theirs(a); INSERT INTO theirs VALUES(1);");
  const std::string before = read_file(rig.buffer.path);
  rig.start();
  EXPECT_EQ(read_file(rig.buffer.path + ".damaged-1"), before);
  EXPECT_TRUE(rig.log->status().journal.writable);
}

TEST(Faults, ANewerFormatIsSetAside) {
  Rig rig;
  fill(rig);
  run_sql(rig.buffer.path, "PRAGMA user_version = 99");
  rig.start();
  EXPECT_TRUE(fs::exists(rig.buffer.path + ".damaged-1"));
  EXPECT_TRUE(rig.log->status().journal.writable);
}

TEST(Faults, ABatchThatFailsItsChecksumIsAGapInItsPlace) {
  Rig rig;
  fill(rig);
  run_sql(rig.buffer.path,
          "UPDATE batch SET payload = zeroblob(length(payload)) "
          "WHERE id = (SELECT id FROM batch LIMIT 1 OFFSET 10)");
  rig.start();
  const auto batches = rig.pending(0);
  ASSERT_EQ(batches.size(), 100u);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    EXPECT_EQ(batches[i].position.seq, i + 1);
    EXPECT_EQ(batches[i].readings.size(), i == 10 ? 0u : 20u);
    rig.acknowledge(0, batches[i], {batches[i].readings.size(), 0, 0});
  }
  ASSERT_EQ(batches[10].gaps.size(), 1u);
  EXPECT_EQ(batches[10].gaps[0].reason, Reason::corrupt);
  EXPECT_EQ(batches[10].gaps[0].readings, 20u);
  const UplinkTotals totals = rig.log->uplink_totals(0);
  EXPECT_EQ(totals.queued, 0u);
  EXPECT_TRUE(totals.balanced());
}

/// A reader may be the first to meet a damaged page: an Error, and the recorder mends it.
void read_until_mended(Rig& rig, std::size_t uplink) {
  DecodedBatch batch(20);
  for (Position after; !testing::Test::HasFailure();) {
    const Result<bool> more = rig.log->reader(uplink).next(Lane::telemetry, after, batch);
    if (more && !more.value()) break;
    if (!more) rig.run(3 * second);
    after = more ? batch.position : Position{};
  }
}

// Any page may die: the log starts, gives what it can in order, never a wrong number, and goes on.
TEST(Faults, SurvivesAnyDamagedPage) {
  Rig original;
  fill(original);
  const std::string good = read_file(original.buffer.path);
  const std::size_t pages = good.size() / 512;
  std::size_t fewest = SIZE_MAX;
  std::size_t silent = 0;
  for (std::size_t page = 0; page < pages; page += 1 + pages / 60) {
    Rig rig;
    std::string bad = good;
    for (std::size_t i = 0; i < 512; ++i) bad[page * 512 + i] = static_cast<char>(i * 37 + page);
    write_file(rig.buffer.path, bad);
    rig.next_value = original.next_value;
    rig.start();
    rig.add(20);
    rig.run(10 * second);
    std::uint64_t last = 0;
    std::size_t found = 0;
    read_until_mended(rig, 0);
    bool marked = false;
    for (const DecodedBatch& b : rig.pending(0)) marked = marked || !b.gaps.empty();
    const auto values = rig.deliver(0);
    silent += values.size() < 2020 && !marked ? 1 : 0;
    for (const std::uint64_t value : values) {
      EXPECT_TRUE(found == 0 || value > last) << "page " << page;
      last = value;
      ++found;
    }
    EXPECT_EQ(last, rig.next_value - 1) << "page " << page;
    // the front page is the key to everything; of the others each holds a batch or two
    if (page > 0) fewest = std::min(fewest, found);
    rig.stop();
  }
  EXPECT_EQ(silent, 0u) << "a loss without a mark";
  std::printf("fewest of 2020 readings after one dead page: %zu\n", fewest);
}

TEST(Faults, ATruncatedJournalNeverKeepsItFromStarting) {
  Rig original;
  fill(original);
  const std::string good = read_file(original.buffer.path);
  for (std::size_t size = 1; size < good.size(); size += good.size() / 23) {
    Rig rig;
    write_file(rig.buffer.path, good.substr(0, size));
    rig.next_value = original.next_value;
    rig.start();
    rig.add(20);
    rig.run(10 * second);
    const auto values = rig.deliver(0);
    ASSERT_FALSE(values.empty()) << size;
    EXPECT_TRUE(std::is_sorted(values.begin(), values.end())) << size;
    EXPECT_EQ(values.back(), rig.next_value - 1);
    rig.stop();
  }
}

// --- a disk that fails at the n-th call

struct Fault {
  const char* name;
  int code;  // as SQLite's file layer says it
  Failing::At at = Failing::At::writes_and_syncs;
  bool torn = false;
  Reason alarm = Reason::disk;
};

class FailingDisk : public testing::TestWithParam<std::tuple<Fault, bool>> {};

TEST_P(FailingDisk, LosesNothingThatMemoryHolds) {
  const auto& [fault, for_ever] = GetParam();
  const bool every = std::getenv("FIELDWEIR_LONG") != nullptr;
  bool failed = true;
  int n = 0;
  for (; failed; n += every || n < 40 ? 1 : 13) {
    Rig rig;
    rig.vfs = failing_vfs();
    Failing::begin(n, fault.code, for_ever);
    Failing::at = fault.at;
    Failing::torn = fault.torn;
    rig.start();
    rig.batches(5);
    rig.run(5 * second);
    rig.batches(5);
    rig.run(5 * second);
    const auto first = rig.deliver(0, 3);
    rig.run(12 * second);
    failed = Failing::failures > 0;
    if (for_ever && failed) {
      EXPECT_FALSE(rig.log->status().journal.writable) << n;
      EXPECT_EQ(rig.log->status().journal.problem, fault.alarm) << n;
    }
    Failing::countdown = -1;  // the disk is well again
    rig.run(5 * second);
    EXPECT_TRUE(rig.log->status().journal.writable) << n;
    EXPECT_EQ(rig.log->status().at_risk, 0u) << n;
    rig.restart();
    auto all = first;
    for (const auto v : rig.deliver(0)) all.push_back(v);
    EXPECT_EQ(all, numbers(0, 200)) << "n-th call " << n;
    EXPECT_TRUE(rig.log->uplink_totals(0).balanced()) << n;
    EXPECT_TRUE(fault.code == SQLITE_CORRUPT || !fs::exists(rig.buffer.path + ".damaged-1")) << n;
  }
  EXPECT_GT(n, fault.at == Failing::At::syncs ? 5 : 100);
}

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
  for (int i = 0; i < 20; ++i) {
    rig.batches(20);
    rig.run(2 * second);
  }
  ASSERT_EQ(rig.pending(0, Lane::telemetry, 5).size(), 5u);  // its connection is open
  rig.batches(1);
  Failing::countdown = 0;
  Failing::for_ever = false;
  Failing::code = SQLITE_IOERR_WRITE;
  for (int i = 0; Failing::countdown == 0 && i < 100; ++i) rig.run(50 * millisecond);
  ASSERT_FALSE(rig.log->status().journal.writable);
  harm(rig.buffer.path);
  rig.run(5 * second);
  EXPECT_TRUE(rig.log->status().journal.writable);
  expect_accounted(rig);
}

TEST(Faults, AJournalFoundDamagedWhenItIsOpenedAgainIsAccounted) {
  reopen_after([](const std::string& path) {
    fs::remove(path + "-wal");
    write_file(path, std::string(3000, 'x'));
  });
}

TEST(Faults, AJournalFoundEmptyWhenItIsOpenedAgainIsAccounted) {
  reopen_after([](const std::string& path) {
    for (const char* part : {"", "-wal", "-shm"}) fs::remove(path + part);
  });
}

/// `a` is owed 200 batches and took the 200 behind them ahead; `b` is owed all.
Position go_live_halfway(Rig& rig) {
  const auto write_200 = [&] {
    for (int i = 0; i < 20; ++i) {
      rig.batches(10);
      rig.run(2 * second);
    }
  };
  write_200();
  LogReader& reader = rig.log->reader(0);
  const Position left = reader.last(Lane::telemetry);
  reader.go_live(Lane::telemetry, left);
  write_200();
  const Position last = reader.last(Lane::telemetry);
  reader.acknowledge(Lane::telemetry, {last, last}, {4'000, 0, 0});
  return left;
}

TEST(Faults, AMarkForALostJournalEndsWhereAnUplinkWentLive) {
  Rig rig({"a", "b"});
  rig.vfs = failing_vfs();
  rig.start();
  const Position left = go_live_halfway(rig);
  Failing::countdown = 0;
  Failing::for_ever = false;
  Failing::code = SQLITE_IOERR_WRITE;
  rig.batches(1);
  for (int i = 0; Failing::countdown == 0 && i < 100; ++i) rig.run(50 * millisecond);
  fs::remove(rig.buffer.path + "-wal");
  write_file(rig.buffer.path, std::string(3000, 'x'));
  rig.run(5 * second);
  const auto batches = rig.pending(0);
  ASSERT_GT(batches.size(), 1u);
  EXPECT_EQ(batches[0].position, left);
  EXPECT_EQ(batches[0].gaps[0].reason, Reason::corrupt);
}

TEST(Faults, AMarkForAHoleEndsWhereAnUplinkWentLive) {
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

TEST(Faults, ACursorThatCannotBeReadIsNoNewUplinks) {
  expect_all_after("UPDATE state SET value = x'FFFF' WHERE name = 'uplink/a'");
}

TEST(Faults, ACursorThatNoRowCanHaveIsBroken) {
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

TEST(Faults, BatchesKeepTheirNamesIfTheirCountsAreLost) {
  expect_all_after("UPDATE state SET value = x'FFFF' WHERE name = 'lanes'");
}

// What is in flight when the journal is lost is counted as lost, and then arrives.
TEST(Faults, WhatWasInFlightWhenTheJournalWasLostIsCountedOnce) {
  Rig rig;
  rig.vfs = failing_vfs();
  rig.start();
  for (int i = 0; i < 20; ++i) {
    rig.batches(20);
    rig.run(2 * second);
  }
  const auto in_flight = rig.pending(0, Lane::telemetry, 5);
  ASSERT_EQ(in_flight.size(), 5u);
  rig.batches(1);
  Failing::countdown = 0;
  Failing::for_ever = false;
  Failing::code = SQLITE_IOERR_WRITE;
  for (int i = 0; Failing::countdown == 0 && i < 100; ++i) rig.run(50 * millisecond);
  for (const char* part : {"", "-wal", "-shm"}) fs::remove(rig.buffer.path + part);
  rig.run(5 * second);
  for (const DecodedBatch& b : in_flight) rig.acknowledge(0, b, {b.readings.size(), 0, 0});
  rig.deliver(0);
  EXPECT_EQ(rig.log->uplink_totals(0).queued, 0u);
  EXPECT_TRUE(rig.log->uplink_totals(0).balanced());
}

// Power cuts while a damaged journal is moved, and before all of it is taken over.
TEST(Faults, APowerCutWhileMendingCostsNothingThatCanBeRead) {
  enum class At { first_file_moved, all_moved, half_filled };
  for (const At at : {At::first_file_moved, At::all_moved, At::half_filled}) {
    Rig rig;
    rig.start();
    for (int i = 0; i < 20; ++i) {
      rig.batches(20);
      rig.run(2 * second);
    }
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
TEST(Faults, APowerCutBehindMendingForgetsNothingThatWasLost) {
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
TEST(Faults, AReaderFollowsToTheFileThatTookOver) {
  Rig rig;
  rig.vfs = failing_vfs();
  rig.start();
  for (int i = 0; i < 20; ++i) {
    rig.batches(20);
    rig.run(2 * second);
  }
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

TEST(Faults, AStartOnAFullDiskKeepsTheBacklog) {
  for (const bool clean : {true, false}) {
    Rig rig;
    rig.vfs = failing_vfs();
    rig.start();
    for (int i = 0; i < 5; ++i) {
      rig.batches(20);
      rig.run(3 * second);
    }
    if (clean)
      rig.stop();
    else
      rig.crash();
    Failing::full = true;
    rig.start();
    rig.batches(5);
    rig.run(10 * second);
    EXPECT_FALSE(rig.log->status().journal.writable);
    Failing::full = false;
    rig.run(5 * second);
    EXPECT_TRUE(rig.log->status().journal.writable);
    EXPECT_FALSE(fs::exists(rig.buffer.path + ".damaged-1"));
    rig.restart();
    EXPECT_EQ(rig.deliver(0), numbers(0, rig.next_value));
    EXPECT_TRUE(rig.log->uplink_totals(0).balanced());
    EXPECT_EQ(rig.log->uplink_totals(0).queued, 0u);
  }
}

TEST(Faults, ALongFullDiskCostsNothingOfTheBacklog) {
  Rig rig;
  rig.vfs = failing_vfs();
  rig.buffer.max_size = 2 << 20;
  rig.start();
  for (int i = 0; i < 300; ++i) {
    rig.batches(20);
    rig.run(2 * second);
  }
  ASSERT_GT(rig.log->status().journal.database_bytes, 200'000u);
  rig.batches(5);
  Failing::countdown = 0;
  Failing::for_ever = true;
  Failing::code = SQLITE_FULL;
  rig.run(10 * minute);
  EXPECT_FALSE(rig.log->status().journal.writable);
  Failing::countdown = -1;
  rig.run(5 * second);
  EXPECT_TRUE(rig.log->status().journal.writable);
  EXPECT_EQ(rig.log->uplink_totals(0).dropped_total(), 0u);
  EXPECT_EQ(rig.deliver(0).size(), rig.next_value);
}

// A write that does not return holds up the recorder's thread and nobody else.
TEST(Faults, AStalledDiskDelaysNeitherAppendingNorDelivery) {
  Rig rig;
  rig.vfs = failing_vfs();
  rig.buffer.persist_after = 0;
  rig.start();
  std::promise<void> reached;
  std::promise<void> released;
  Failing::at_write = [&] {
    reached.set_value();
    released.get_future().wait();
  };
  rig.batches(1);
  rig.clock.advance(second);
  WorkerThread recorder(rig.log->recorder(), rig.clock);
  reached.get_future().wait();
  std::vector<std::uint64_t> delivered;
  for (int i = 0; i < 200; ++i) {
    for (const std::uint64_t value : rig.deliver(0)) delivered.push_back(value);
    rig.batches(1);
    rig.clock.advance(second);
  }
  for (const std::uint64_t value : rig.deliver(0)) delivered.push_back(value);
  EXPECT_EQ(delivered, numbers(0, rig.next_value));
  EXPECT_EQ(rig.log->status().journal.commits, 0u);
  released.set_value();
}

// What a start waits for at most: 100 MiB are taken over.
TEST(Faults, AHundredMebibytesAreSalvagedInTime) {
  Rig rig;
  rig.buffer.max_size = 256 << 20;
  constexpr int rows = 25'600;
  {
    Journal journal({.path = rig.buffer.path, .max_size = rig.buffer.max_size});
    ASSERT_TRUE(journal.open());
    const std::vector<std::byte> payload(4096, std::byte{7});
    for (int i = 0; i < rows; ++i) {
      if (i % 256 == 0) {
        ASSERT_TRUE(journal.begin());
      }
      ASSERT_TRUE(
          journal.put(Lane::telemetry, {1, 1, static_cast<std::uint64_t>(i) + 1}, 20, payload));
      if (i % 256 == 255) {
        ASSERT_TRUE(journal.commit());
      }
    }
  }
  run_sql(rig.buffer.path, "PRAGMA user_version = 99");  // so that it is set aside
  const std::clock_t begin = std::clock();
  rig.start();
  const double took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_LT(took, FIELDWEIR_EMULATED ? 60 : 3) << "of CPU";
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, static_cast<std::uint64_t>(rows));
  std::printf("100 MiB taken over in %.2f s\n", took);
}

INSTANTIATE_TEST_SUITE_P(
    Errors, FailingDisk,
    testing::Combine(
        testing::Values(Fault{"EIO", SQLITE_IOERR_WRITE},
                        Fault{.name = "ENOSPC", .code = SQLITE_FULL, .alarm = Reason::disk_full},
                        Fault{"EROFS", SQLITE_READONLY},
                        Fault{.name = "ShortWrite", .code = SQLITE_IOERR_WRITE, .torn = true},
                        Fault{.name = "ShortWriteFull",
                              .code = SQLITE_FULL,
                              .torn = true,
                              .alarm = Reason::disk_full},
                        Fault{"FailedSync", SQLITE_IOERR_FSYNC, Failing::At::syncs},
                        Fault{.name = "Damage", .code = SQLITE_CORRUPT, .alarm = Reason::corrupt}),
        testing::Bool()),
    [](const auto& each) {
      return std::string(std::get<0>(each.param).name) +
             (std::get<1>(each.param) ? "ForEver" : "Once");
    });

}  // namespace
}  // namespace fieldweir
