#include "buffer/log.h"

#include <sqlite3.h>

#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

TEST(Log, DeliversFromMemoryAndWritesNothingWhileHealthy) {
  Rig rig;
  rig.start();
  for (int i = 0; i < 600; ++i) {
    rig.add(10);
    rig.run(100 * millisecond);
    rig.deliver(0);
  }
  rig.run(2 * second);
  rig.deliver(0);
  EXPECT_EQ(rig.commits(), 0u);
  const UplinkTotals totals = rig.log->uplink_totals(0);
  EXPECT_EQ(totals.delivered, 6'000u);
  EXPECT_EQ(totals.queued, 0u);
  EXPECT_TRUE(totals.balanced());
}

TEST(Log, CommitsOncePerIntervalDuringAnOutage) {
  Rig rig;
  rig.buffer.commit.every = 10 * second;
  rig.start();
  for (int i = 0; i < 60; ++i) {
    rig.add(10);
    rig.run(second);
  }
  EXPECT_GE(rig.commits(), 5u);
  EXPECT_LE(rig.commits(), 7u);
  EXPECT_EQ(rig.deliver(0), numbers(0, rig.next_value));
}

TEST(Log, KeepsWhatWasAcceptedThroughACrash) {
  Rig rig;
  rig.start();
  rig.add(55);
  rig.run(4 * second);
  EXPECT_EQ(rig.log->status().at_risk, 0u);
  rig.crash();
  rig.start();
  rig.add(5);
  rig.close();
  EXPECT_EQ(rig.deliver(0), numbers(0, 60));
}

TEST(Log, SaysThatAnUncleanStopTookSomething) {
  Rig rig;
  rig.start();
  rig.crash();
  rig.start();
  rig.add(1);
  rig.close();
  const auto batches = rig.pending(0);
  ASSERT_EQ(batches.size(), 1u);
  ASSERT_EQ(batches[0].gaps.size(), 1u);
  EXPECT_EQ(batches[0].gaps[0].reason, Reason::unclean_stop);
  EXPECT_EQ(batches[0].gaps[0].readings, Gap::unknown);
}

TEST(Log, ACleanStopLeavesNoGapAndLosesNothing) {
  Rig rig;
  rig.start();
  rig.add(30);
  rig.restart();
  rig.add(1);
  rig.close();
  for (const DecodedBatch& batch : rig.pending(0)) EXPECT_TRUE(batch.gaps.empty());
  EXPECT_EQ(rig.deliver(0), numbers(0, 31));
}

TEST(Log, RaisesTheEpochAtEachStart) {
  Rig rig;
  rig.start();
  rig.add(1);
  rig.restart();
  rig.add(1);
  rig.restart();
  const auto batches = rig.pending(0);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].position.epoch + 1, batches[1].position.epoch);
  EXPECT_EQ(batches[0].position.stream, batches[1].position.stream);
}

TEST(Log, WritesDurableLanesAtOnceThoughAcknowledged) {
  Rig rig;
  rig.start();
  rig.add(1, 99);
  rig.close();
  rig.deliver(0);
  rig.run(200 * millisecond);
  EXPECT_EQ(rig.commits(), 1u);
}

TEST(Log, ServesUplinksOfDifferentSpeed) {
  Rig rig({"fast", "slow"});
  rig.start();
  std::vector<std::uint64_t> fast, slow;
  for (int i = 0; i < 100; ++i) {
    rig.add(37);
    rig.run(500 * millisecond);
    for (const auto v : rig.deliver(0)) fast.push_back(v);
    if (i % 10 == 9)
      for (const auto v : rig.deliver(1, 5)) slow.push_back(v);
  }
  rig.close();
  for (const auto v : rig.deliver(0)) fast.push_back(v);
  for (const auto v : rig.deliver(1)) slow.push_back(v);
  EXPECT_EQ(fast, numbers(0, rig.next_value));
  EXPECT_EQ(slow, numbers(0, rig.next_value));
  rig.run(30 * second);
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, 0u);
}

TEST(Log, DrainsABacklogLargerThanTheTailInOrder) {
  Rig rig;
  rig.start();
  for (int i = 0; i < 100; ++i) {
    rig.batches(10);
    rig.run(3 * second);
  }
  EXPECT_EQ(rig.deliver(0), numbers(0, rig.next_value));
  rig.run(3 * second);
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, 0u);
  EXPECT_EQ(rig.log->status().lanes[1].journal_bytes, 0u);
}

TEST(Log, ResendsAfterACrashOnlyWhatWasAcknowledgedLately) {
  Rig rig;
  rig.start();
  for (int i = 0; i < 10; ++i) {
    rig.batches(30);
    rig.run(3 * second);
  }
  rig.deliver(0, 100);
  rig.run(11 * second);
  rig.deliver(0, 20);
  rig.crash();
  rig.start();
  EXPECT_EQ(rig.deliver(0), numbers(100 * 20, 300 * 20));
}

TEST(Log, ANewUplinkStartsAtNow) {
  Rig rig({"a"});
  rig.start();
  rig.batches(3);
  rig.stop();
  rig.set_uplinks({"a", "b"});
  rig.start();
  rig.batches(1);
  EXPECT_EQ(rig.deliver(1), numbers(60, 80));
}

TEST(Log, NamesBatchesOfEarlierRunsAsTheyWereCalledThen) {
  Rig rig;
  rig.start();
  rig.add(1, 7);
  rig.stop();
  SignalTable other(10);
  other.define(signal("new.name", "bar"));
  Log log(rig.batch, rig.buffer, {"a"}, {other, rig.texts, rig.clock, Random(9)});
  DecodedBatch batch(20);
  ASSERT_TRUE(log.reader(0).next(Lane::telemetry, {}, batch).value());
  ASSERT_EQ(batch.readings.size(), 1u);
  EXPECT_EQ(batch.name(batch.readings[0].signal), "dev.s7");
  EXPECT_EQ(batch.unit(batch.readings[0].signal), "C");
}

TEST(Log, StoresNamesThatAreClaimedDuringTheRun) {
  Rig rig;
  const SignalId first = rig.signals.reserve(2, signal("", "V"));
  rig.start();
  rig.add(20);
  rig.run(3 * second);
  rig.signals.claim(first, "rooms.kitchen");
  const Reading r = uint64_reading(first, rig.clock.now(), 1);
  rig.log->output().add({&r, 1}, rig.clock.now());
  rig.stop();
  SignalTable other(1);
  Log log(rig.batch, rig.buffer, {"a"}, {other, rig.texts, rig.clock, Random(9)});
  DecodedBatch batch(20);
  ASSERT_TRUE(log.reader(0).next(Lane::telemetry, {}, batch).value());
  ASSERT_TRUE(log.reader(0).next(Lane::telemetry, batch.position, batch).value());
  EXPECT_EQ(batch.name(batch.readings[0].signal), "rooms.kitchen");
}

TEST(Log, CarriesTextsAndLosses) {
  Rig rig;
  rig.start();
  const Reading on = text_reading(1, rig.clock.now(), *rig.texts.intern("on"));
  const Reading off = text_reading(1, rig.clock.now(), *rig.texts.intern("off"));
  for (const Reading& r : {off, on, off}) rig.log->output().add({&r, 1}, rig.clock.now());
  rig.log->output().lost(Reason::ring_full, 5, 9, 3);
  rig.close();
  const auto batches = rig.pending(0);
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].text(batches[0].readings[1].as_text()), "on");
  EXPECT_EQ(batches[0].text(batches[0].readings[2].as_text()), "off");
  ASSERT_EQ(batches[0].gaps.size(), 1u);
  EXPECT_EQ(batches[0].gaps[0], (Gap{5, 9, 3, Reason::ring_full}));
}

TEST(Log, KeepsDeadLetters) {
  Rig rig;
  rig.start();
  rig.batches(1);
  const auto batches = rig.pending(0);
  rig.log->reader(0).dead_letter(Rig::first_reading(batches[0]), "422 no");
  rig.acknowledge(0, batches[0], {19, 0, 1});
  rig.run(100 * millisecond);
  EXPECT_EQ(rig.commits(), 1u);
  EXPECT_EQ(rig.log->uplink_totals(0).dead_lettered, 1u);
  EXPECT_TRUE(rig.log->uplink_totals(0).balanced());
}

// Nothing else of this run was ever written.
TEST(Log, ADeadLetterCanBeReadAfterAKill) {
  Rig rig;
  rig.start();
  rig.batches(1);
  const auto batches = rig.pending(0);
  rig.log->reader(0).dead_letter(Rig::first_reading(batches[0]), "422 no");
  rig.acknowledge(0, batches[0], {19, 0, 1});
  rig.run(100 * millisecond);
  rig.crash();
  sqlite3* journal = nullptr;
  ASSERT_EQ(sqlite3_open(rig.buffer.path.c_str(), &journal), SQLITE_OK);
  sqlite3_stmt* names = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(journal, "SELECT count(*) FROM names", -1, &names, nullptr),
            SQLITE_OK);
  ASSERT_EQ(sqlite3_step(names), SQLITE_ROW);
  EXPECT_GT(sqlite3_column_int(names, 0), 0);
  sqlite3_finalize(names);
  sqlite3_close(journal);
}

TEST(Log, TheLedgerGoesOnAfterARestart) {
  Rig rig;
  rig.start();
  BusAccount bus;
  rig.log->ledger().watch(bus);
  bus.sampled.add(100);
  bus.lost[Reason::ring_full].add(40);
  rig.batches(3);
  rig.deliver(0, 2);
  rig.stop();
  rig.start();
  const FieldTotals field = rig.log->ledger().totals();
  EXPECT_EQ(field.sampled, 100u);
  EXPECT_EQ(field.batched, 60u);
  EXPECT_EQ(field.lost_total(), 40u);
  EXPECT_EQ(field.under_way(), 0u);
  const UplinkTotals totals = rig.log->uplink_totals(0);
  EXPECT_EQ(totals.batched, 60u);
  EXPECT_EQ(totals.delivered, 40u);
  EXPECT_EQ(totals.queued, 20u);
}

TEST(Log, ABatchThatClosesDuringACommitIsInBothHalvesOfTheLedgerOrInNone) {
  static Rig* closing = nullptr;
  Rig rig;
  rig.buffer.min_free_disk = 1;  // so that the recorder asks in the midst of its transaction
  rig.free_bytes = [](const std::string&) -> std::uint64_t {
    if (Rig* const here = std::exchange(closing, nullptr)) here->batches(1);
    return 1 << 30;
  };
  rig.start();
  BusAccount bus;
  rig.log->ledger().watch(bus);
  bus.sampled.add(80);
  rig.batches(3);
  closing = &rig;
  for (int i = 0; rig.commits() == 0 && i < 100; ++i) rig.run(50 * millisecond);
  ASSERT_EQ(rig.next_value, 80u);
  EXPECT_EQ(rig.log->ledger().totals().batched, 80u);
  rig.crash();
  rig.start();
  const FieldTotals field = rig.log->ledger().totals();
  EXPECT_EQ(field.batched, 60u);
  EXPECT_EQ(field.lost[static_cast<std::size_t>(Reason::unclean_stop)], 20u);
  EXPECT_EQ(field.under_way(), 0u);
  const UplinkTotals totals = rig.log->uplink_totals(0);
  EXPECT_EQ(totals.batched, 60u);
  EXPECT_EQ(totals.queued, 60u);
  EXPECT_TRUE(totals.balanced());
}

}  // namespace
}  // namespace fieldweir
