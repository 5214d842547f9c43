// The ledger as readings of a small gateway whose workers the test turns itself.
#include "daemon/ledger_readings.h"

#include "daemon/gateway.h"
#include "daemon/plan.h"
#include "rig.h"
#include "tests/support/fake_clock.h"

namespace fieldweir {
namespace {

constexpr const char* small = R"(
profiles:
  calm: [{range: {min: 0, max: 10}}]
devices:
  - name: tank
    simulate: {interval: 1s}
    signals:
      - {name: level, wave: constant, mean: 7.5}
      - {name: wild, wave: constant, mean: 99, profile: calm}
uplinks:
  - {name: cloud, https: {url: "https://cloud.example.com/"}, send: [tank.*, "gateway.*"]}
  - {name: off, https: {url: "https://cloud.example.com/"}, enabled: false}
  - {name: lake, https: {url: "https://cloud.example.com/"}, send: gateway.lost}
windows:
  - {name: owed, of: gateway.uplinks.lake.queued, tumbling: 1h, emit: [max]}
)";

class LedgerReadingsTest : public testing::Test {
 protected:
  LedgerReadingsTest() {
    settings.buffer.persist_after = minute;  // so that nothing healthy is written
    lead_to(far, settings);
    gateway.emplace(settings, clock, Random(1));
  }
  void turn_all() {
    for (int round = 0; round < 3; ++round)
      for (Worker* worker : gateway->workers())
        if (worker->name() != "resolver") worker->turn(clock.now());
  }
  void run(Duration duration) {
    for (const Time end = clock.now() + duration; clock.now() < end;
         clock.advance(100 * millisecond))
      turn_all();
  }
  std::uint64_t told(const std::string& signal) const {
    const auto id = gateway->signals().find(signal);
    const auto reading = id ? gateway->latest().read(*id) : std::nullopt;
    EXPECT_TRUE(reading && reading->kind == Kind::uint64) << signal;
    return reading ? reading->as_uint64() : 0;
  }
  void expect_told(const FieldTotals& field) const {
    EXPECT_EQ(told("gateway.sampled"), field.sampled);
    EXPECT_EQ(told("gateway.derived"), field.derived);
    EXPECT_EQ(told("gateway.filtered"), field.filtered);
    EXPECT_EQ(told("gateway.lost"), field.lost_total());
    EXPECT_EQ(told("gateway.batched"), field.batched);
  }
  void expect_told(const std::string& uplink, const UplinkTotals& totals) const {
    const std::string of = "gateway.uplinks." + uplink + ".";
    EXPECT_EQ(told(of + "not_selected"), totals.not_selected);
    EXPECT_EQ(told(of + "delivered"), totals.delivered);
    EXPECT_EQ(told(of + "queued"), totals.queued);
    EXPECT_EQ(told(of + "dropped"), totals.dropped_total());
    EXPECT_EQ(told(of + "dead_lettered"), totals.dead_lettered);
    EXPECT_EQ(told("gateway.batched"), totals.batched);
  }

  TempDir folder{TempDir::in_memory};
  Settings settings = settings_of(folder, small, "id: test, ledger: 1m");
  FakeClock clock;
  FarEnd far;
  std::optional<Gateway> gateway;
};

TEST_F(LedgerReadingsTest, SayWhatWasJustBeforeThemAndAreDerivedOnes) {
  run(30 * second);
  for (int report = 0; report < 3; ++report) {
    run(minute - 100 * millisecond);
    const FieldTotals field = gateway->log().ledger().totals();
    const UplinkTotals cloud = gateway->log().uplink_totals(0);
    const UplinkTotals lake = gateway->log().uplink_totals(1);
    clock.advance(minute);  // a turn of the pipeline alone: nothing was read since
    for (Worker* worker : gateway->workers())
      if (worker->name() == "pipeline") worker->turn(clock.now());
    expect_told(field);
    expect_told("cloud", cloud);
    expect_told("lake", lake);
    EXPECT_EQ(gateway->log().ledger().totals().derived, field.derived + 15);
  }
  EXPECT_GT(told("gateway.filtered"), 100u);
  EXPECT_GT(told("gateway.uplinks.cloud.delivered"), 100u);
  EXPECT_GT(told("gateway.uplinks.lake.not_selected"), 100u);
  EXPECT_FALSE(gateway->signals().find("gateway.uplinks.off.queued"));
}

TEST_F(LedgerReadingsTest, ComeOnceAMinuteAndKeepTheLedgerExact) {
  run(10 * minute);
  EXPECT_EQ(gateway->log().ledger().totals().derived, 10u * 15u);
  gateway->finish_pipeline();  // with one report more, and what the window had
  for (const auto& delivery : gateway->deliveries()) delivery->turn(clock.now());
  const FieldTotals field = gateway->log().ledger().totals();
  EXPECT_EQ(field.sampled + field.derived, field.filtered + field.lost_total() + field.batched);
  EXPECT_TRUE(gateway->log().uplink_totals(0).balanced());
  EXPECT_EQ(field.derived, 11u * 15u + 1u);
  EXPECT_EQ(gateway->log().uplink_totals(1).delivered, 11u);
}

TEST_F(LedgerReadingsTest, OfAHealthyGatewayCostNoCommit) {
  run(minute);
  const std::uint64_t commits = gateway->log().status().journal.commits;
  run(10 * minute);
  EXPECT_EQ(gateway->log().status().journal.commits, commits);
}

TEST_F(LedgerReadingsTest, AreATermOfTheMemoryPlan) {
  const auto bytes = [](const Settings& of) {
    const MemoryPlan plan = memory_plan(of);
    const auto term = std::ranges::find(plan.terms(), "ledger readings", &MemoryPlan::Term::what);
    return term == plan.terms().end() ? 0 : term->bytes;
  };
  EXPECT_EQ(bytes(settings), 15 * sizeof(Reading));
  const Settings without = settings_of(
      folder, "devices: [{name: tank, simulate: {}, signals: [{name: level}]}]\nuplinks: []\n");
  EXPECT_EQ(bytes(without), 0u);
}

}  // namespace
}  // namespace fieldweir
