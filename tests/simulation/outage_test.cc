// Long outages and wrong clocks, each told exactly rather than drawn.
#include <gtest/gtest.h>

#include "tests/simulation/simulation.h"

namespace fieldweir {
namespace {

constexpr std::uint64_t mebibyte = 1u << 20;

void expect_exact(Simulation& simulation, const std::string& name) {
  const UplinkTotals totals = simulation.totals(name);
  const Destination& destination = simulation.destination(name);
  EXPECT_TRUE(totals.balanced()) << name;
  EXPECT_EQ(totals.queued, 0u) << name;
  EXPECT_EQ(totals.delivered, destination.readings()) << name;
}

/// A quota that a week of these few readings does fill.
TEST(Outage, AWeekInASmallQuotaStaysWithinItAndIsTold) {
  Plan plan = quiet_plan(1, ", thin: {above: 40%, every: 1m}");
  plan.gone_from = FakeClock::start + hour;
  plan.gone_until = plan.gone_from + 7 * day;
  Simulation simulation(1, plan);
  simulation.live(7 * 24 + 2);
  simulation.stop();
  EXPECT_LE(simulation.most_bytes(), plan.quota + mebibyte);
  RecordProperty("most_bytes", std::to_string(simulation.most_bytes()));
  EXPECT_GT(simulation.destination("cloud").thinned(), 1'000u);
  for (const char* name : {"cloud", "scada"}) expect_exact(simulation, name);
  const FieldTotals field = simulation.gateway().log().ledger().totals();
  EXPECT_EQ(field.sampled + field.derived, field.filtered + field.lost_total() + field.batched);
}

TEST(Outage, AnHourOfRefusedCredentialsCostsNothing) {
  Plan plan = quiet_plan();
  plan.lockouts = true;
  Simulation simulation(3, plan);
  simulation.live(24);
  simulation.stop();
  for (const char* name : {"cloud", "scada"}) {
    expect_exact(simulation, name);
    const UplinkTotals totals = simulation.totals(name);
    EXPECT_EQ(totals.dead_lettered + totals.dropped_total(), 0u) << name;
  }
}

TEST(Poison, OneReadingInAThousandGoesAsideAloneAndCostsTheOthersLittle) {
  const auto days = [](std::uint64_t poison_one_in) {
    Plan plan = quiet_plan();
    plan.poison_one_in = poison_one_in;
    auto simulation = std::make_unique<Simulation>(11, plan);
    simulation->live(2 * 24);
    simulation->stop();
    return simulation;
  };
  const auto clean = days(0);
  const auto poisoned = days(1'000);
  const Destination& cloud = poisoned->destination("cloud");
  EXPECT_GT(cloud.refused().size(), 5u);
  EXPECT_EQ(poisoned->totals("cloud").dead_lettered, cloud.refused().size());
  expect_exact(*poisoned, "cloud");
  const double share =
      static_cast<double>(clean->destination("cloud").asked()) / static_cast<double>(cloud.asked());
  RecordProperty("share_of_clean_throughput", std::to_string(share));
  EXPECT_GE(share, 0.8);
}

/// What of a run does not depend on the clock.
struct Seen {
  std::uint64_t sampled, batched, delivered;
  std::size_t batches;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen day_of(Plan plan, Time from) {
  Simulation simulation(7, std::move(plan), from);
  simulation.live(24);
  simulation.stop();
  expect_exact(simulation, "cloud");
  const FieldTotals field = simulation.gateway().log().ledger().totals();
  return {field.sampled, field.batched, simulation.totals("cloud").delivered,
          simulation.destination("cloud").batches().size()};
}

TEST(WrongClock, HourlyStepsMissNoPoll) {
  Plan stepping = quiet_plan();
  stepping.clock_steps = true;
  EXPECT_EQ(day_of(stepping, FakeClock::start), day_of(quiet_plan(), FakeClock::start));
}

TEST(WrongClock, TheEndOf32BitsIsADayLikeOthers) {
  constexpr Time end = (Time{1} << 31) * second;
  const Seen seen = day_of(quiet_plan(), end - 12 * hour);
  EXPECT_GT(seen.sampled, 5'000u);
  EXPECT_EQ(seen.batched, seen.delivered);
}

TEST(WrongClock, WhatWasReadIn1970IsNotOldOnceTheClockIsRight) {
  Plan plan = quiet_plan(16, ", max_age: 12h");
  plan.gone_until = FakeClock::start;  // until the clock is right and the gateway started anew
  plan.unsynchronised = true;
  Simulation simulation(7, plan, 5 * minute);
  simulation.run(5 * hour);
  simulation.clock().set_error(FakeClock::start - simulation.clock().now());
  simulation.clock().set_synchronised(true);
  simulation.run(hour);
  simulation.restart();
  EXPECT_GE(simulation.clock().now(), FakeClock::start);
  simulation.run(hour);
  simulation.stop();
  expect_exact(simulation, "cloud");
  const UplinkTotals totals = simulation.totals("cloud");
  EXPECT_EQ(totals.dropped_total(), 0u);
  EXPECT_GT(totals.delivered, 1'000u);
}

}  // namespace
}  // namespace fieldweir
