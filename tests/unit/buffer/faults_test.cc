// What a disk can do to the journal, and what must still be true.

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <future>

#include "tests/unit/buffer/damage.h"

namespace fieldweir {
namespace {

namespace fs = std::filesystem;

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
