// How a gateway with all its threads ends. Times are generous: the machine may be busy.
#include <thread>

#include "daemon/gateway.h"
#include "rig.h"
#include "tests/support/eventually.h"

namespace fieldweir {
namespace {

constexpr const char* busy = R"(
devices:
  - {name: tank, simulate: {interval: 10ms}, signals: [{name: level}, {name: flow}]}
windows:
  - {name: minute, of: tank.level, tumbling: 1h, emit: [count]}
batch: {every: 100ms}
uplinks:
  - {name: cloud, https: {url: "https://cloud.example.com/"}}
)";

class GatewayStopTest : public testing::Test {
 protected:
  GatewayStopTest() { lead_to(far, settings); }

  void start() {
    gateway.emplace(settings, clock, Random(1));
    gateway->start();
  }
  bool asked() {
    return eventually([&] { return far.asked.load(); });
  }
  Duration time_to_stop(Duration patience) {
    const Time begin = clock.now();
    stopped = gateway->stop(patience);
    return clock.now() - begin;
  }
  void expect_exact_ledger() const {
    const FieldTotals field = gateway->log().ledger().totals();
    EXPECT_GT(field.sampled, 0u);
    EXPECT_EQ(field.sampled + field.derived, field.filtered + field.lost_total() + field.batched);
    EXPECT_TRUE(gateway->log().uplink_totals(0).balanced());
  }

  TempDir folder{TempDir::in_memory};
  Settings settings = settings_of(folder, busy);
  SystemClock clock;
  FarEnd far;
  Result<> stopped;
  std::optional<Gateway> gateway;
};

TEST_F(GatewayStopTest, WhatWasReadIsDeliveredBeforeTheEnd) {
  start();
  ASSERT_TRUE(asked());
  EXPECT_LT(time_to_stop(8 * second), 4 * second);
  EXPECT_TRUE(stopped);
  expect_exact_ledger();
  EXPECT_EQ(gateway->log().uplink_totals(0).queued, 0u);
  EXPECT_EQ(gateway->log().ledger().totals().derived, 1u);  // the open window came out, too
}

TEST_F(GatewayStopTest, ASilentDestinationIsOwedWhatItDidNotTake) {
  far.mood = FarEnd::silent;
  start();
  ASSERT_TRUE(asked());
  EXPECT_LT(time_to_stop(second), 3 * second);
  EXPECT_TRUE(stopped);
  expect_exact_ledger();
  const std::uint64_t queued = gateway->log().uplink_totals(0).queued;
  EXPECT_EQ(queued, gateway->log().ledger().totals().batched);

  // the next run still owes it, and delivers
  gateway.reset();
  far.mood = FarEnd::takes_all;
  start();
  EXPECT_TRUE(eventually([&] { return gateway->log().uplink_totals(0).delivered >= queued; }));
  EXPECT_TRUE(gateway->stop(5 * second));
}

TEST_F(GatewayStopTest, AFrozenUplinkHoldsNothingUpBeyondThePatience) {
  far.mood = FarEnd::frozen;
  far.frozen_for = std::chrono::seconds(4);
  start();
  ASSERT_TRUE(asked());
  EXPECT_LT(time_to_stop(second), 2 * second);
  EXPECT_TRUE(stopped) << "the journal is closed though the uplink's thread still hangs";
  expect_exact_ledger();
  EXPECT_EQ(gateway->log().uplink_totals(0).queued, gateway->log().ledger().totals().batched);
}

TEST_F(GatewayStopTest, WithoutStopAllThreadsEndToo) {
  start();
  ASSERT_TRUE(asked());
  const Time begin = clock.now();
  gateway.reset();
  EXPECT_LT(clock.now() - begin, 4 * second);
}

}  // namespace
}  // namespace fieldweir
