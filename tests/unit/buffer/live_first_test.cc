// What an uplink took ahead of its cursor, in the real log: kept across restarts, counted once, and
// in nobody's way.

#include "buffer/state.h"
#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

class LiveFirst : public testing::Test {
 protected:
  /// `n` batches of one reading each.
  void batches(int n) {
    for (; n > 0; --n) {
      rig.add(1, 5);
      rig.close();
      if (n % 10 == 0) rig.run(100 * millisecond);
    }
  }
  LogReader& reader() { return rig.log->reader(0); }
  std::size_t ranges() { return reader().ahead(Lane::telemetry).size(); }
  UplinkTotals totals() { return rig.log->uplink_totals(0); }
  void go_live() { reader().go_live(Lane::telemetry, rig.log->status().lanes[1].last); }

  /// Takes all behind `after`, up to `through`, one by one.
  std::vector<std::uint64_t> take(Position after, Position through = {UINT32_MAX, UINT32_MAX, 0}) {
    std::vector<std::uint64_t> values;
    DecodedBatch batch(100);
    while (true) {
      const auto found = reader().next(Lane::telemetry, after, batch);
      EXPECT_TRUE(found.ok());
      if (!found.value() || batch.position > through) return values;
      for (const Reading& r : batch.readings) values.push_back(r.bits);
      rig.acknowledge(0, batch, {batch.readings.size(), 0, 0});
      after = batch.position;
    }
  }
  std::vector<std::uint64_t> take_live() {
    return take(reader().ahead(Lane::telemetry).live().cursor.acknowledged);
  }
  std::vector<std::uint64_t> take_backlog() {
    return take(reader().cursor(Lane::telemetry).acknowledged,
                reader().ahead(Lane::telemetry).front().after);
  }

  Rig rig{{"a"}};
};

TEST_F(LiveFirst, TheBacklogIsJoinedWithWhatWasTakenAhead) {
  rig.start();
  batches(30);
  go_live();
  batches(5);
  EXPECT_EQ(take_live(), numbers(30, 35));
  EXPECT_EQ(ranges(), 1u);
  EXPECT_EQ(totals().queued, 30u);
  EXPECT_EQ(take_backlog(), numbers(0, 30));
  EXPECT_EQ(ranges(), 0u);
  EXPECT_EQ(reader().cursor(Lane::telemetry).acknowledged, rig.log->status().lanes[1].last);
  EXPECT_EQ(totals().queued, 0u);
  EXPECT_EQ(totals().delivered, 35u);
  rig.run(30 * second);
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, 0u);
}

TEST_F(LiveFirst, RangesAreKeptAcrossRestarts) {
  rig.start();
  batches(20);
  go_live();
  batches(5);
  take_live();
  batches(20);
  go_live();
  batches(5);
  take_live();
  rig.restart();
  EXPECT_EQ(ranges(), 2u);
  EXPECT_EQ(totals().queued, 40u);
  EXPECT_TRUE(totals().balanced());
  batches(3);
  EXPECT_EQ(take_live(), numbers(50, 53));
  EXPECT_EQ(take_backlog(), numbers(0, 20));
  EXPECT_EQ(ranges(), 1u);
  rig.restart();
  EXPECT_EQ(take_backlog(), numbers(25, 45));
  EXPECT_EQ(ranges(), 0u);
  EXPECT_EQ(totals().queued, 0u);
  EXPECT_EQ(totals().delivered, 53u);
  EXPECT_TRUE(totals().balanced());
}

TEST_F(LiveFirst, WhatWasTakenAheadNeedsNoDisk) {
  rig.start();
  batches(30);
  rig.run(5 * second);
  go_live();
  const std::uint64_t stored = rig.log->status().lanes[1].journal_batches;
  for (int i = 0; i < 20; ++i) {
    batches(1);
    take_live();
    rig.run(2 * second);
  }
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, stored);
  EXPECT_EQ(rig.log->status().at_risk, 0u);
}

TEST_F(LiveFirst, TheBacklogIsDroppedWhereNobodyHasSeenIt) {
  rig.buffer.max_size = 1 << 20;
  rig.batch.rows = 200;
  rig.start();
  for (int i = 0; i < 300; ++i) {
    rig.add(200);
    if (i % 5 == 4) rig.run(2 * second);
  }
  go_live();
  std::uint64_t live = 0;
  for (int i = 0; i < 1'500; ++i) {
    rig.add(200);
    if (i % 5 == 4) rig.run(2 * second);
    if (i % 2 == 0) live += take_live().size();  // late, so that others are written
  }
  live += take_live().size();
  const UplinkTotals before = totals();
  EXPECT_TRUE(before.balanced());
  EXPECT_EQ(before.delivered, live);
  EXPECT_EQ(live, 1'500u * 200);
  const std::uint64_t backlog = take_backlog().size();
  EXPECT_EQ(backlog + totals().dropped_total(), 300u * 200);
  EXPECT_EQ(ranges(), 0u);
  EXPECT_EQ(totals().queued, 0u);
}

TEST_F(LiveFirst, WhenFullBothSidesOfWhatWasTakenAreDropped) {
  rig.buffer.max_size = 1 << 20;
  rig.batch.rows = 200;
  rig.start();
  const auto outage = [&](int n) {
    for (int i = 0; i < n; ++i) {
      rig.add(200);
      if (i % 5 == 4) rig.run(2 * second);
    }
  };
  outage(400);
  go_live();
  outage(5);
  std::uint64_t delivered = take_live().size();
  outage(2'500);  // more than there is room for
  EXPECT_GT(totals().dropped_total(), 0u);
  EXPECT_TRUE(totals().balanced());
  rig.restart();
  delivered += take_backlog().size();
  EXPECT_EQ(ranges(), 0u);
  delivered += rig.deliver(0).size();
  EXPECT_EQ(totals().queued, 0u);
  EXPECT_EQ(totals().delivered, delivered);
  EXPECT_EQ(delivered + totals().dropped_total(), 2'905u * 200);
}

TEST_F(LiveFirst, AnAbsentUplinkComesBackToItsRanges) {
  rig.set_uplinks({"a", "b"});
  rig.start();
  batches(20);
  go_live();
  batches(5);
  take_live();
  rig.stop();
  rig.set_uplinks({"b"});
  rig.start();
  rig.stop();
  rig.set_uplinks({"a", "b"});
  rig.start();
  EXPECT_EQ(totals().queued, 20u);
  EXPECT_EQ(totals().dropped_total(), 0u);
  EXPECT_EQ(take_backlog(), numbers(0, 20));
  EXPECT_EQ(totals().queued, 0u);
  EXPECT_TRUE(totals().balanced());
}

TEST(UplinkState, ThatAnEarlierVersionStoredIsRead) {
  UplinkBooks books;
  books.cursors[1] = {{7, 1, 5}, {7, 1, 4}};
  books.totals.delivered = 3;
  const StateBytes now = StateBytes::of(books);
  // two lanes without ranges, no month, no bytes
  const auto then = now.bytes().first(now.bytes().size() - 4);
  const auto read = read_books(then);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->cursors[1].acknowledged, (Position{7, 1, 5}));
  EXPECT_EQ(read->totals.delivered, 3u);
  EXPECT_TRUE(read->ahead[1].empty());
}

TEST(UplinkState, KeepsRangesAndTheMonth) {
  constexpr Position last{UINT32_MAX, (1u << epoch_bits) - 1, (1ull << seq_bits) - 1};
  UplinkBooks books;
  for (Ahead& ahead : books.ahead)
    for (std::uint64_t i = 1; i <= Ahead::most; ++i)
      ahead.push({{last.stream, last.epoch, last.seq - 20 + i}, {last, last}});
  books.usage = {672, UINT64_MAX};
  for (std::uint64_t& count : books.totals.dropped) count = UINT64_MAX;
  const auto read = read_books(StateBytes::of(books).bytes());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->ahead[0].size(), Ahead::most);
  EXPECT_EQ(read->ahead[1].live().after.seq, last.seq - 16);
  EXPECT_EQ(read->usage.month, 672);
  EXPECT_EQ(read->usage.bytes, UINT64_MAX);
}

TEST(DeadLetters, AreBatchesOfOneReading) {
  Rig rig;
  rig.start();
  const Reading text = text_reading(1, rig.clock.now(), *rig.texts.intern("heating"));
  rig.add(3, 5);
  rig.log->output().add({&text, 1}, rig.clock.now());
  rig.close();
  DecodedBatch part = rig.pending(0)[0];
  part.readings.erase(part.readings.begin(), part.readings.begin() + 3);
  rig.log->reader(0).dead_letter(part, "422");
  rig.run(second);
  rig.stop();
  Database database;
  Statement select;
  ASSERT_TRUE(database.open(rig.buffer.path.c_str(), Database::Access::read, nullptr).ok());
  ASSERT_TRUE(select.prepare(database, "SELECT payload, why FROM dead_letter").ok());
  ASSERT_TRUE(select.step().value());
  EXPECT_EQ(select.text(1), "422");
  Decoder decoder(10);
  BatchHeader header;
  std::vector<Reading> readings;
  std::vector<Thinned> thinned;
  std::vector<BatchText> texts;
  ASSERT_TRUE(decoder.decode(select.bytes(0), header, readings, thinned, texts).ok());
  EXPECT_EQ(header.position, part.position);
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(readings[0].signal, 1u);
  EXPECT_EQ(texts[readings[0].as_text()].view(), "heating");
}

}  // namespace
}  // namespace fieldweir
