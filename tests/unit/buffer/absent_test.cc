// Uplinks that are removed, renamed or disabled, and what is kept for them until they come back.

#include "buffer/absent.h"

#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

constexpr auto quota = static_cast<std::size_t>(Reason::quota);

/// Stops, and goes on with other uplinks.
void restart_with(Rig& rig, std::vector<std::string> uplinks) {
  rig.stop();
  rig.set_uplinks(std::move(uplinks));
  rig.start();
}

TEST(Absent, AnUplinkThatComesBackGoesOnWhereItWas) {
  Rig rig({"a", "b"});
  rig.start();
  rig.batches(10);
  rig.run(3 * second);
  EXPECT_EQ(rig.deliver(1), numbers(0, 200));
  EXPECT_EQ(rig.deliver(0, 4), numbers(0, 80));
  restart_with(rig, {"b"});
  ASSERT_EQ(rig.log->status().absent.size(), 1u);
  EXPECT_EQ(rig.log->status().absent[0].name, "a");
  EXPECT_EQ(rig.log->status().absent[0].queued, 120u);
  EXPECT_EQ(rig.log->status().absent[0].since, rig.clock.now());
  for (int i = 0; i < 3; ++i) {
    rig.batches(3);
    rig.deliver(0);
    rig.run(3 * second);
    rig.restart();
  }
  restart_with(rig, {"a", "b"});
  EXPECT_TRUE(rig.log->status().absent.empty());
  rig.batches(1);
  const std::uint64_t back = rig.next_value - 20;
  auto expected = numbers(80, 200);
  for (const auto v : numbers(back, back + 20)) expected.push_back(v);
  EXPECT_EQ(rig.deliver(0), expected) << "what came while it was absent was never kept for it";
  const UplinkTotals totals = rig.log->uplink_totals(0);
  EXPECT_EQ(totals.queued, 0u);
  EXPECT_EQ(totals.batched, 220u);
  EXPECT_EQ(totals.delivered, 220u);
  EXPECT_TRUE(totals.balanced());
  rig.deliver(1);
  rig.run(3 * second);
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, 0u);
}

TEST(Absent, ItGetsWhatOthersStillNeedBesides) {
  Rig rig({"a", "b"});
  rig.start();
  rig.batches(2);
  restart_with(rig, {"b"});
  rig.batches(3);
  restart_with(rig, {"a", "b"});
  EXPECT_EQ(rig.log->uplink_totals(0).queued, 100u);
  // the count is durable at once
  rig.crash();
  rig.start();
  EXPECT_EQ(rig.deliver(0), numbers(0, 100));
  EXPECT_EQ(rig.log->uplink_totals(0).queued, 0u);
  EXPECT_TRUE(rig.log->uplink_totals(0).balanced());
}

TEST(Absent, WhatIsKeptCostsAHealthyGatewayNoCommits) {
  Rig rig({"a", "b"});
  rig.start();
  rig.batches(50);
  rig.run(3 * second);
  restart_with(rig, {"b"});
  rig.deliver(0);
  rig.run(3 * second);
  const std::uint64_t before = rig.commits();
  for (int i = 0; i < 600; ++i) {
    rig.add(20);
    rig.deliver(0);
    rig.run(second);
  }
  EXPECT_EQ(rig.commits(), before);
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, 50u);
  rig.run(59 * minute);
  EXPECT_EQ(rig.commits(), before + 1) << "housekeeping";
}

TEST(Absent, AfterTheGreatestAgeItIsGivenUp) {
  Rig rig({"a", "b"});
  rig.start();
  rig.batches(10);
  rig.run(3 * second);
  restart_with(rig, {"b"});
  rig.deliver(0);
  rig.clock.advance(rig.buffer.max_age - hour);
  rig.restart();
  rig.run(3 * second);
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, 10u);
  rig.clock.advance(2 * hour);
  rig.run(3 * second);
  EXPECT_TRUE(rig.log->status().absent.empty());
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, 0u);
  restart_with(rig, {"a"});
  EXPECT_TRUE(rig.deliver(0).empty());
  EXPECT_EQ(rig.log->uplink_totals(0).batched, 0u);
}

TEST(Absent, SomebodyMayGiveItUp) {
  Rig rig({"a", "b"});
  rig.start();
  rig.batches(10);
  restart_with(rig, {"b"});
  const JournalPlace place{rig.buffer.path, rig.buffer.max_size};
  EXPECT_EQ(forget_uplink(place, "a").error().reason, Reason::locked) << "the gateway runs";
  rig.stop();
  EXPECT_EQ(forget_uplink(place, "c").error().text.view(),
            "the journal knows no uplink 'c', but: a, b");
  EXPECT_EQ(forget_uplink(place, "a").value(), 200u);
  EXPECT_EQ(forget_uplink({rig.folder.file("other.db"), 1 << 20}, "a").error().reason,
            Reason::refused);
  rig.start();
  EXPECT_TRUE(rig.log->status().absent.empty());
  EXPECT_EQ(rig.deliver(0), numbers(0, 200));
  rig.run(3 * second);
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, 0u);
}

TEST(Absent, AWrongClockGivesNobodyUp) {
  for (const bool at_leaving : {true, false}) {
    Rig rig({"a"});
    rig.start();
    rig.batches(10);
    rig.clock.set_synchronised(!at_leaving);
    if (at_leaving) rig.clock.set(day);  // 1970
    restart_with(rig, {"b"});
    rig.stop();
    rig.clock.set_synchronised(at_leaving);
    rig.clock.set(at_leaving ? FakeClock::start : FakeClock::start + 100 * rig.buffer.max_age);
    rig.start();
    rig.run(2 * hour);
    EXPECT_EQ(rig.log->status().absent.size(), 1u) << at_leaving;
    rig.clock.advance(rig.buffer.max_age);
    rig.run(2 * hour);
    EXPECT_TRUE(rig.log->status().absent.empty()) << "as old as this run, at least";
  }
}

TEST(Absent, AFullJournalTakesWhatItIsOwedAndCountsIt) {
  Rig rig({"gone", "slow"});
  rig.batch.rows = 200;
  rig.buffer.max_size = 1 << 20;
  rig.start();
  Random random(4);
  const auto fill = [&](int batches) {
    for (; batches > 0; --batches) {
      for (int j = 0; j < 200; ++j) {
        const auto r =
            uint64_reading(static_cast<SignalId>(j % 99), rig.clock.now(), random.next());
        rig.log->output().add({&r, 1}, rig.clock.now());
      }
      rig.run(3 * second);
      ASSERT_EQ(rig.log->status().journal.problem, Reason::none);
    }
  };
  fill(150);
  restart_with(rig, {"slow"});
  EXPECT_EQ(rig.log->status().absent[0].queued, 30'000u);
  rig.deliver(0, 120);
  fill(400);
  EXPECT_LT(rig.log->status().absent[0].queued, 30'000u);
  EXPECT_GT(rig.log->uplink_totals(0).dropped_total(), 0u);
  rig.deliver(0);
  rig.run(3 * second);
  restart_with(rig, {"gone", "slow"});
  std::uint64_t delivered = 0, lost = 0;
  for (const DecodedBatch& b : rig.pending(0)) {
    delivered += b.readings.size();
    for (const Gap& gap : b.gaps) lost += gap.readings;
    rig.acknowledge(0, b, {b.readings.size(), 0, 0});
  }
  const UplinkTotals totals = rig.log->uplink_totals(0);
  EXPECT_EQ(delivered + lost, 30'000u);
  EXPECT_EQ(totals.dropped[quota], lost);
  EXPECT_EQ(totals.dropped_total(), lost);
  EXPECT_EQ(totals.delivered, delivered);
  EXPECT_EQ(totals.queued, 0u);
  EXPECT_TRUE(totals.balanced());
}

// Two uplinks that stand far apart: the older one's backlog is one mark before the younger's goes.
TEST(Absent, ALoneMarkDoesNotKeepTheRestFromGoing) {
  Rig rig({"far", "near"});
  rig.batch.rows = 200;
  rig.buffer.max_size = 1 << 20;
  rig.start();
  Random random(4);
  for (int i = 0; i < 600; ++i) {
    for (int j = 0; j < 200; ++j) {
      const auto r = uint64_reading(static_cast<SignalId>(j % 99), rig.clock.now(), random.next());
      rig.log->output().add({&r, 1}, rig.clock.now());
    }
    rig.run(3 * second);
    ASSERT_EQ(rig.log->status().journal.problem, Reason::none) << i;
    if (i == 150) rig.deliver(1);
  }
  EXPECT_GT(rig.log->uplink_totals(1).dropped[quota], 0u);
}

}  // namespace
}  // namespace fieldweir
