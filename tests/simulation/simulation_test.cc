// Whole gateways, each a day long: every seed draws a configuration and what goes wrong. Devices
// die and return, destinations go away, lose answers, refuse credentials or readings, and come
// back; disks fail, clocks step, power is cut. At the end the ledger must be exact, and the
// destinations must have everything that was accepted, in order, with equal bytes. A seed replays
// exactly: FIELDWEIR_SEED=n runs that one. FIELDWEIR_LONG runs more of them.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/simulation/simulation.h"

namespace fieldweir {
namespace {

constexpr std::uint64_t mebibyte = 1u << 20;

/// Every batch of an epoch up to the last one that came is there, or was refused, or stands under a
/// later one that says that it replaces it. What is missing behind the last one was at risk.
void expect_no_holes(const Destination& destination) {
  std::map<std::tuple<Lane, std::uint32_t, std::uint32_t>, std::uint64_t> last;
  for (const auto& [key, batch] : destination.batches()) {
    const auto& [lane, stream, epoch, seq] = std::get<Destination::Place>(key);
    std::uint64_t& before = last[{lane, stream, epoch}];
    while (before + 1 < batch.from && destination.refused({lane, stream, epoch, before + 1}))
      ++before;
    EXPECT_LE(batch.from, before + 1)
        << destination.name() << " epoch " << epoch << " misses batches before " << seq;
    before = seq;
  }
}

void expect_balanced(const Gateway& gateway) {
  const FieldTotals field = gateway.log().ledger().totals();
  EXPECT_EQ(field.under_way(), 0u);
  EXPECT_EQ(field.sampled + field.derived, field.filtered + field.lost_total() + field.batched);
  for (std::size_t i = 0; i < gateway.deliveries().size(); ++i) {
    const UplinkTotals totals = gateway.log().uplink_totals(i);
    EXPECT_TRUE(totals.balanced()) << gateway.deliveries()[i]->name();
    EXPECT_EQ(totals.queued, 0u) << gateway.deliveries()[i]->name();
  }
}

/// The ledger says what the destination recorded.
void expect_equal(const UplinkTotals& totals, const Destination& destination) {
  EXPECT_EQ(totals.delivered, destination.readings()) << destination.name();
  EXPECT_EQ(totals.dead_lettered, destination.refused().size()) << destination.name();
}

void expect_a_good_end(Simulation& simulation) {
  expect_balanced(simulation.gateway());
  const Plan& plan = simulation.plan();
  if (!plan.live_first || simulation.exact()) expect_no_holes(simulation.destination("cloud"));
  if (simulation.exact()) {
    expect_equal(simulation.totals("cloud"), simulation.destination("cloud"));
    // whoever was away for too long begins anew
    if (!plan.absences) expect_equal(simulation.totals("scada"), simulation.destination("scada"));
  }
  EXPECT_LE(simulation.most_bytes(), plan.quota + mebibyte);
}

class Seeds : public testing::TestWithParam<int> {
 protected:
  static constexpr int shares = 8;
  /// This share's, or the one that is asked for.
  static std::vector<std::uint64_t> seeds() {
    if (const char* one = std::getenv("FIELDWEIR_SEED"))
      return {static_cast<std::uint64_t>(std::atoll(one))};
    const std::uint64_t all = std::getenv("FIELDWEIR_LONG") != nullptr ? 10'000 : 200;
    std::vector<std::uint64_t> ours;
    for (std::uint64_t seed = 1 + static_cast<std::uint64_t>(GetParam()); seed <= all;
         seed += shares)
      ours.push_back(seed);
    return ours;
  }
};

TEST_P(Seeds, ADayWithEveryFaultEndsWithAnExactLedger) {
  for (const std::uint64_t seed : seeds()) {
    SCOPED_TRACE("FIELDWEIR_SEED=" + std::to_string(seed));
    Simulation simulation(seed, plan_of(seed, FakeClock::start));
    simulation.live(24);
    simulation.stop();
    expect_a_good_end(simulation);
    if (HasFailure()) return;  // the first seed that fails is enough
  }
}

INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, testing::Range(0, 8));

TEST(Simulation, ASeedReplaysExactly) {
  const auto batches = [](std::uint64_t seed) {
    Simulation simulation(seed, plan_of(seed, FakeClock::start));
    simulation.live(8);
    return simulation.destination("cloud").batches();
  };
  const auto equal = [](const auto& a, const auto& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return x.first == y.first && x.second.bytes_hash == y.second.bytes_hash;
    });
  };
  for (const std::uint64_t seed : {5, 6, 7}) {
    const auto first = batches(seed);
    EXPECT_GT(first.size(), 20u);
    EXPECT_TRUE(equal(first, batches(seed))) << seed;
  }
}

}  // namespace
}  // namespace fieldweir
