// After start the data path allocates nothing: turns of buses, pipeline (filters, windows, batch
// encoding), and deliveries (reading the tail, every format) are counted by a malloc family of our own.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "daemon/gateway.h"
#include "tests/allocation/counting_malloc.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {
namespace {

constexpr const char* configuration = R"(version: 1
gateway: {id: frugal, ledger: 1s}
profiles:
  analog:
    - range: {min: -50, max: 250, else: drop}
    - median: 5
    - deadband: {abs: 0.2, heartbeat: 30s}
    - rate_limit: 2s
devices:
  - name: boiler
    simulate: {interval: 500ms, seed: 1}
    signals:
      - {name: supply, wave: sine, mean: 60, amplitude: 12, period: 1m, noise: 0.3, profile: analog}
      - {name: ret, wave: sine, mean: 45, amplitude: 3, period: 1m}
      - {name: pump, wave: square, period: 40s, type: bool}
windows:
  - {name: supply_10s, of: boiler.supply, tumbling: 10s, emit: [mean, min, max, sum, count, first, last], grace: 1s}
batch: {every: 1s}
buffer: {path: "${env:FIELDWEIR_ALLOCATION}", persist_after: 10s}
uplinks:
  - {name: cloud, https: {url: "https://cloud.example.com/"}, send: ["boiler.*"]}
  - {name: rows, https: {url: "https://cloud.example.com/"}, format: json_flat}
  - {name: lines, https: {url: "https://cloud.example.com/"}, format: influx}
  - {name: packs, https: {url: "https://cloud.example.com/"}, format: senml}
  - {name: happenings, https: {url: "https://cloud.example.com/"}, format: cloudevents}
)";

/// Confirms everything at once.
class Willing final : public Uplink {
 public:
  Result<> connect(Time, const Stop&) override { return {}; }
  Sent send(std::span<const Message> window, Time, const Stop&) override {
    return {window.size(), Verdict::ok, 0, {}};
  }
  void close() override {}
  std::size_t in_flight_limit() const override { return 8; }
  Duration patience() const override { return second; }
};

const UplinkKind willing = {.key = "willing",
                            .read = nullptr,
                            .make =
                                [](const UplinkSettings&, const UplinkContext&) {
                                  return std::unique_ptr<Uplink>(std::make_unique<Willing>());
                                },
                            .fields = nullptr};

/// Runs a gateway for `duration`; the most allocations that one turn of each worker made.
std::map<std::string, std::size_t> run(Gateway& gateway, FakeClock& clock, Duration duration) {
  struct Turn {
    Worker* worker;
    std::size_t* most;
    Time due = 0;
  };
  std::map<std::string, std::size_t> most;
  std::vector<Turn> turns;
  for (Worker* worker : gateway.workers())
    turns.push_back({worker, &most[std::string(worker->name())]});
  for (const Time end = clock.now() + duration; clock.now() < end; clock.advance(10 * millisecond))
    for (Turn& turn : turns) {
      if (!turn.worker->doorbell().answer() && turn.due > clock.now()) continue;
      start_counting();
      turn.due = turn.worker->turn(clock.now());
      *turn.most = std::max(*turn.most, stop_counting());
    }
  return most;
}

TEST(Allocation, TheDataPathAllocatesNothingAfterStart) {
  TempDir folder;
  setenv("FIELDWEIR_ALLOCATION", folder.file("journal.db").c_str(), 1);
  config::Mistakes mistakes;
  Settings settings = load_settings_text("frugal", configuration, mistakes);
  ASSERT_TRUE(mistakes.empty()) << mistakes.text();
  for (Settings::Uplink& uplink : settings.uplinks) uplink.kind = &willing;
  FakeClock clock;
  Gateway gateway(settings, clock, Random(1));
  run(gateway, clock, minute);
  const auto most = run(gateway, clock, 5 * minute);
  for (const auto& [worker, allocations] : most) EXPECT_EQ(allocations, 0u) << worker;
  for (std::size_t i = 0; i < settings.uplinks.size(); ++i)  // something did happen
    EXPECT_GT(gateway.log().uplink_totals(i).delivered, 1000u);
}

TEST(Allocation, ANegativeControlIsSeen) {
  start_counting();
  const auto text = std::make_unique<std::string>(100, 'x');
  EXPECT_GE(stop_counting(), 2u);
}

}  // namespace
}  // namespace fieldweir
