// When the journal or the tail is full: what goes, what stays, and what is said about it.

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
    for (const Gap& gap : b.gaps) lost += gap.readings;
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
