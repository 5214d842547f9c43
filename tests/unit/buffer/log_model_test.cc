// The same random operations on the real log and on a model that a reader can hold in the head:
// per uplink a list of batches and a number.

#include <array>

#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

struct ModelBatch {
  std::vector<std::uint64_t> values;
  Time closed = 0;
};

/// What one uplink is owed and was.
struct ModelUplink {
  std::vector<ModelBatch> batches;
  std::size_t done = 0;  // how many of them are acknowledged
};

std::vector<std::vector<std::uint64_t>> values_of(const std::vector<DecodedBatch>& batches) {
  std::vector<std::vector<std::uint64_t>> all;
  for (const DecodedBatch& batch : batches) {
    if (batch.readings.empty()) continue;  // only a gap
    all.emplace_back();
    for (const Reading& r : batch.readings) all.back().push_back(r.bits);
  }
  return all;
}

class LogModel : public testing::TestWithParam<std::uint64_t> {
 protected:
  static constexpr std::size_t uplinks = 2;

  void add_batch() {
    const auto n = static_cast<int>(1 + random.below(20));
    const std::uint64_t first = rig.next_value;
    rig.add(n, 5);
    rig.close();
    for (std::size_t u = 0; u < present; ++u)
      model[u].batches.push_back({numbers(first, rig.next_value), rig.clock.now()});
  }

  /// What the uplink has before it is what the model says, and what was once seen under a position
  /// is there for ever.
  void check(std::size_t uplink) {
    const auto batches = rig.pending(uplink);
    const auto found = values_of(batches);
    std::vector<std::vector<std::uint64_t>> expected;
    for (std::size_t i = model[uplink].done; i < model[uplink].batches.size(); ++i)
      expected.push_back(model[uplink].batches[i].values);
    ASSERT_EQ(found, expected) << "uplink " << uplink << ", step " << step;
    remember(batches);
  }

  void remember(const std::vector<DecodedBatch>& batches) {
    for (const DecodedBatch& b : batches) {
      const auto [at, fresh] =
          contents.try_emplace({b.position.stream, b.position.epoch, b.position.seq}, b.readings);
      ASSERT_TRUE(fresh || at->second == b.readings) << "other readings under a known position";
    }
  }

  void acknowledge(std::size_t uplink) {
    const auto batches = rig.pending(uplink, Lane::telemetry, 1 + random.below(40));
    for (const DecodedBatch& b : batches) {
      rig.acknowledge(uplink, b, {b.readings.size(), 0, 0});
      if (!b.readings.empty()) ++model[uplink].done;
    }
  }

  void crash() {
    rig.crash();
    rig.start();
    const Duration window = loss_window(rig.batch, rig.buffer);
    for (std::size_t u = 0; u < uplinks; ++u) {
      expect_accepted(u, values_of(rig.pending(u)), window);
      rebuild(u);
    }
  }

  /// The last uplink is not run for a while; it comes back to what it was owed, and to what the
  /// journal holds for the other besides.
  void absence() {
    rig.stop();
    rig.set_uplinks({"a"});
    rig.start();
    present = 1;
    for (auto n = random.below(20); n > 0; --n) {
      if (random.below(4) == 0) {
        rig.crash();
        rig.start();
        expect_accepted(0, values_of(rig.pending(0)), loss_window(rig.batch, rig.buffer));
        rebuild(0);
      }
      add_batch();
      acknowledge(0);
      rig.run(static_cast<Duration>(random.below(8)) * second);
    }
    rig.stop();
    rig.set_uplinks({"a", "b"});
    rig.start();
    present = uplinks;
    check(0);
    const auto found = values_of(rig.pending(1));
    const std::size_t owed = model[1].batches.size() - model[1].done;
    ASSERT_GE(found.size(), owed) << "step " << step;
    for (std::size_t i = 0; i < owed; ++i)
      ASSERT_EQ(found[i], model[1].batches[model[1].done + i].values) << "step " << step;
    rebuild(1);
  }

  /// Every batch that was accepted and is still owed is there; acknowledged ones may come again.
  void expect_accepted(std::size_t u, const std::vector<std::vector<std::uint64_t>>& kept,
                       Duration window) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < model[u].batches.size(); ++i) {
      const ModelBatch& b = model[u].batches[i];
      if (at < kept.size() && kept[at] == b.values) {
        ++at;
        continue;
      }
      const bool done = i < model[u].done;
      EXPECT_TRUE(done || b.closed + window > rig.clock.now())
          << "accepted batch from " << b.values[0] << " is lost, step " << step;
    }
    EXPECT_EQ(at, kept.size()) << "unknown batches or another order, step " << step;
  }

  /// What an uplink still has is the model after a crash.
  void rebuild(std::size_t u) {
    model[u] = {};
    for (const auto& values : values_of(rig.pending(u)))
      model[u].batches.push_back({values, rig.clock.now() - hour});
  }

  Rig rig{{"a", "b"}};
  std::array<ModelUplink, uplinks> model;
  std::size_t present = uplinks;
  Random random{GetParam()};
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>, std::vector<Reading>> contents;
  int step = 0;
};

TEST_P(LogModel, AgreesWithTheLog) {
  rig.buffer.persist_after = static_cast<Duration>(random.below(3)) * second;
  rig.buffer.commit.every = static_cast<Duration>(1 + random.below(3)) * second;
  rig.start();
  for (; step < 200 && !HasFatalFailure(); ++step) {
    switch (random.below(17)) {
      case 0:
        rig.run(static_cast<Duration>(random.below(20)) * second);
        break;
      case 1:
        crash();
        break;
      case 2:
        rig.restart();
        for (std::size_t u = 0; u < uplinks; ++u) check(u);
        break;
      case 3:
        if (random.below(3) == 0) absence();
        break;
      case 4:
      case 5:
        acknowledge(random.below(uplinks));
        break;
      case 6:
        acknowledge(random.below(uplinks));
        break;
      case 7:
        check(random.below(uplinks));
        break;
      default:
        // fewer than the tail holds between turns: nothing is dropped here
        for (auto n = random.below(8); n > 0; --n) add_batch();
        rig.run(static_cast<Duration>(random.below(8)) * 250 * millisecond);
    }
  }
  rig.close();  // the mark of an unclean stop may still be open
  for (std::size_t u = 0; u < uplinks; ++u) {
    check(u);
    rig.deliver(u);
    EXPECT_EQ(rig.log->uplink_totals(u).queued, 0u);
    EXPECT_TRUE(rig.log->uplink_totals(u).balanced());
  }
  rig.run(30 * second);
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LogModel, testing::Range<std::uint64_t>(1, 31));

}  // namespace
}  // namespace fieldweir
