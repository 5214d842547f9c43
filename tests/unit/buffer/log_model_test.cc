// The same random operations on the real log and on a model that a reader can hold in the head:
// a list of batches and a number per uplink.

#include <set>

#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

struct ModelBatch {
  std::vector<std::uint64_t> values;
  Time closed = 0;
};

class Model {
 public:
  explicit Model(std::size_t uplinks) : cursors(uplinks, 0) {}

  void close(std::vector<std::uint64_t> values, Time now) {
    batches.push_back({std::move(values), now});
  }

  std::vector<ModelBatch> batches;
  std::vector<std::size_t> cursors;  // how many batches are acknowledged
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
    model.close(numbers(first, rig.next_value), rig.clock.now());
  }

  /// What the uplink has before it is what the model says, and what was once seen under a position
  /// is there for ever.
  void check(std::size_t uplink) {
    const auto batches = rig.pending(uplink);
    const auto found = values_of(batches);
    std::vector<std::vector<std::uint64_t>> expected;
    for (std::size_t i = model.cursors[uplink]; i < model.batches.size(); ++i)
      expected.push_back(model.batches[i].values);
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
      if (!b.readings.empty()) ++model.cursors[uplink];
    }
  }

  void crash() {
    rig.crash();
    rig.start();
    const Duration window = loss_window(rig.batch, rig.buffer);
    for (std::size_t u = 0; u < uplinks; ++u) {
      expect_accepted(u, values_of(rig.pending(u)), window);
    }
    rebuild();
  }

  /// Every batch that was accepted and is still owed is there; acknowledged ones may come again.
  void expect_accepted(std::size_t u, const std::vector<std::vector<std::uint64_t>>& kept,
                       Duration window) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < model.batches.size(); ++i) {
      const ModelBatch& b = model.batches[i];
      if (at < kept.size() && kept[at] == b.values) {
        ++at;
        continue;
      }
      const bool done = i < model.cursors[u];
      EXPECT_TRUE(done || b.closed + window > rig.clock.now())
          << "accepted batch from " << b.values[0] << " is lost, step " << step;
    }
    EXPECT_EQ(at, kept.size()) << "unknown batches or another order, step " << step;
  }

  /// The union of what both uplinks still have, in order, is the model after a crash.
  void rebuild() {
    std::map<std::uint64_t, std::vector<std::uint64_t>> all;
    std::array<std::set<std::uint64_t>, uplinks> owed;
    for (std::size_t u = 0; u < uplinks; ++u)
      for (const auto& values : values_of(rig.pending(u))) {
        all[values[0]] = values;
        owed[u].insert(values[0]);
      }
    model.batches.clear();
    for (const auto& [first, values] : all)
      model.batches.push_back({values, rig.clock.now() - hour});
    for (std::size_t u = 0; u < uplinks; ++u) model.cursors[u] = all.size() - owed[u].size();
  }

  Rig rig{{"a", "b"}};
  Model model{uplinks};
  Random random{GetParam()};
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>, std::vector<Reading>> contents;
  int step = 0;
};

TEST_P(LogModel, AgreesWithTheLog) {
  rig.buffer.persist_after = static_cast<Duration>(random.below(3)) * second;
  rig.buffer.commit.every = static_cast<Duration>(1 + random.below(3)) * second;
  rig.start();
  for (; step < 200 && !HasFatalFailure(); ++step) {
    switch (random.below(16)) {
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
      case 4:
      case 5:
        acknowledge(random.below(uplinks));
        break;
      case 6:
        check(random.below(uplinks));
        break;
      default:
        // fewer than the tail holds between turns: nothing is dropped here
        for (auto n = random.below(8); n > 0; --n) add_batch();
        rig.run(static_cast<Duration>(random.below(8)) * 250 * millisecond);
    }
  }
  for (std::size_t u = 0; u < uplinks; ++u) {
    check(u);
    rig.deliver(u);
    EXPECT_EQ(rig.log->uplink_totals(u).queued, 0u);
    EXPECT_TRUE(rig.log->uplink_totals(u).balanced());
  }
  rig.run(30 * second);
  EXPECT_EQ(rig.log->status().lanes[1].journal_batches, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LogModel, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace fieldweir
