// Whole gateways, each a day long, on one thread with a fake clock: devices die and return,
// destinations go away, lose answers and come back, some gateways lose their power. At the end the
// ledger must be exact and the destinations must have everything that was accepted, in order, with
// equal bytes. A seed replays exactly. FIELDWEIR_LONG runs more of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "daemon/gateway.h"
#include "tests/simulation/world.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {
namespace {

constexpr const char* configuration = R"(version: 1
gateway: {id: sim}
profiles:
  analog:
    - range: {min: 50, max: 70, else: mark}
    - median: 3
    - deadband: {abs: 0.2, heartbeat: 5m}
devices:
  - name: boiler
    simulate: {interval: 10s, seed: 1}
    signals:
      - {name: supply, wave: sine, mean: 60, amplitude: 12, period: 20m, noise: 0.3, profile: analog}
      - {name: ret, wave: sine, mean: 45, amplitude: 3, period: 17m, noise: 0.1}
      - {name: pump, wave: square, period: 40m, type: bool}
  - name: press
    simulate: {interval: 15s, seed: 2}
    signals:
      - {name: force, wave: ramp, mean: 100, amplitude: 20, period: 3m}
  - name: fan
    simulate: {interval: 30s, seed: 3}
    signals:
      - {name: speed, wave: sine, mean: 900, amplitude: 50, period: 2h}
windows:
  - {name: supply_5m, of: boiler.supply, tumbling: 5m, emit: [mean, min, max, count], grace: 20s}
batch: {every: 20s, rows: 200}
buffer: {path: "${env:FIELDWEIR_SIMULATION}", max_size: 16MiB, persist_after: 20s, commit: {every: 60s}}
uplinks:
  - {name: cloud, https: {url: "https://cloud.example.com/"}}
  - {name: scada, https: {url: "https://scada.example.com/"}, send: ["boiler.*", "supply_5m.*"]}
)";

/// Turns workers by their clock.
class Loop {
 public:
  Loop(const std::vector<Worker*>& workers, FakeClock& clock) : clock_(clock) {
    for (Worker* worker : workers) turns_.push_back({worker, 0});
  }

  void run(Time until) {
    while (clock_.now() < until) {
      bool ran = true;
      // bounded: who wants a thousand turns at one instant will get them a moment later
      for (int round = 0; ran && round < 1000; ++round) {
        ran = false;
        for (Turn& turn : turns_) {
          if (!turn.worker->doorbell().answer() && turn.due > clock_.now()) continue;
          turn.due = turn.worker->turn(clock_.now());
          ran = true;
        }
      }
      Time next = until;
      for (const Turn& turn : turns_) next = std::min(next, turn.due);
      clock_.set(std::max(next, clock_.now() + millisecond));
    }
  }

 private:
  struct Turn {
    Worker* worker;
    Time due;
  };
  FakeClock& clock_;
  std::vector<Turn> turns_;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {
    set_log_level(LogLevel::error);
    setenv("FIELDWEIR_SIMULATION", folder_.file("journal.db").c_str(), 1);
    config::Mistakes mistakes;
    settings_ = load_settings_text("simulation", configuration, mistakes);
    if (!mistakes.empty()) throw std::logic_error(mistakes.text());
    move_into_world(settings_, seed, destinations_);
    power_on();
  }

  void run(Duration duration) { Loop(gateway_->workers(), clock_).run(clock_.now() + duration); }
  void power_cut() {
    gateway_.reset();
    clock_.advance(minute);
    power_on();
  }
  /// Stops the field side and runs the rest until nothing is owed: no destination is away for ever.
  void stop() {
    gateway_->finish_pipeline();
    std::vector<Worker*> far = gateway_->workers();
    std::erase_if(far, [](const Worker* worker) {
      return worker->name().starts_with("bus ") || worker->name() == "pipeline";
    });
    Loop loop(far, clock_);
    for (int attempt = 0; attempt < 200 && owed() > 0; ++attempt)
      loop.run(clock_.now() + 10 * minute);
    ASSERT_TRUE(gateway_->finish_log());
  }

  const Gateway& gateway() const { return *gateway_; }
  Destination& destination(const std::string& name) { return *destinations_.at(name); }

 private:
  void power_on() { gateway_ = std::make_unique<Gateway>(settings_, clock_, random_.fork()); }
  std::uint64_t owed() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < settings_.uplinks.size(); ++i)
      sum += gateway_->log().uplink_totals(i).queued;
    return sum;
  }

  TempDir folder_{TempDir::in_memory};  // what a disk does is not what is simulated
  Random random_;
  FakeClock clock_;
  Settings settings_;
  std::map<std::string, std::unique_ptr<Destination>> destinations_;
  std::unique_ptr<Gateway> gateway_;
};

/// Every batch of an epoch up to the last one that came is there, or stands under a later one that
/// says that it replaces it. What is missing behind the last one was at risk when the power went.
void expect_no_holes(const Destination& destination, bool everything_selected) {
  std::map<std::pair<Lane, std::uint32_t>, std::uint64_t> last;
  for (const auto& [key, batch] : destination.batches()) {
    const auto& [lane, epoch, seq] = key;
    std::uint64_t& before = last[{lane, epoch}];
    if (everything_selected) {
      EXPECT_EQ(batch.from, before + 1)
          << destination.name() << " epoch " << epoch << " misses batches before " << seq;
    }
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
    EXPECT_EQ(totals.queued, 0u);
  }
}

int seeds() { return std::getenv("FIELDWEIR_LONG") != nullptr ? 500 : 20; }

TEST(Simulation, ADayWithOutagesEndsWithAnExactLedger) {
  for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(seeds()); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation simulation(seed);
    simulation.run(day);
    simulation.stop();
    expect_balanced(simulation.gateway());
    for (const std::size_t i : {0u, 1u}) {
      const UplinkTotals totals = simulation.gateway().log().uplink_totals(i);
      Destination& destination = simulation.destination(i == 0 ? "cloud" : "scada");
      EXPECT_EQ(totals.delivered, destination.readings()) << destination.name();
      EXPECT_GT(totals.delivered, 5'000u);
      EXPECT_EQ(totals.dropped_total() + totals.dead_lettered, 0u);
      expect_no_holes(destination, i == 0);
    }
    if (HasFailure()) return;  // the first seed that fails is enough
  }
}

TEST(Simulation, ADayWithPowerCutsLosesOnlyWhatWasAtRisk) {
  for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(seeds()); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation simulation(seed);
    Random random(seed);
    Duration left = day;
    for (int cut = 0; cut < 4; ++cut) {
      const auto until_cut = static_cast<Duration>(random.unit() * 6.0 * hour);
      simulation.run(until_cut);
      simulation.power_cut();
      left -= until_cut;
    }
    simulation.run(left);
    simulation.stop();
    expect_balanced(simulation.gateway());
    expect_no_holes(simulation.destination("cloud"), true);
    expect_no_holes(simulation.destination("scada"), false);
    if (HasFailure()) return;
  }
}

TEST(Simulation, ASeedReplaysExactly) {
  const auto readings = [](std::uint64_t seed) {
    Simulation simulation(seed);
    simulation.run(6 * hour);
    return simulation.destination("cloud").batches();
  };
  const auto equal = [](const auto& a, const auto& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return x.first == y.first && x.second.readings == y.second.readings;
    });
  };
  const auto first = readings(5);
  EXPECT_GT(first.size(), 100u);
  EXPECT_TRUE(equal(first, readings(5)));
}

}  // namespace
}  // namespace fieldweir
