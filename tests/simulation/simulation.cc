#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "tests/simulation/disk.h"

namespace fieldweir {
namespace {

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

Settings settings_of(const std::string& text) {
  config::Mistakes mistakes;
  Settings settings = load_settings_text("simulation", text, mistakes);
  if (!mistakes.empty()) throw std::logic_error(mistakes.text());
  return settings;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, Plan plan, Time from)
    : plan_(std::move(plan)), random_(seed), events_(seed + 1) {
  set_log_level(LogLevel::error);
  clock_.set(from);
  clock_.set_boot(boot_, from - minute);
  if (plan_.unsynchronised) clock_.set_synchronised(false);
  setenv("FIELDWEIR_SIMULATION", folder_.file("journal.db").c_str(), 1);
  with_scada_ = settings_of(plan_.with_scada);
  without_scada_ = settings_of(plan_.without_scada);
  move_into_world(with_scada_, seed, plan_, destinations_);
  move_into_world(without_scada_, seed, plan_, destinations_);
  power_on(true);
}

Simulation::~Simulation() { Disk::bad = false; }

void Simulation::power_on(bool scada) {
  scada_ = scada;
  gateway_ = std::make_unique<Gateway>(scada ? with_scada_ : without_scada_, clock_, random_.fork(),
                                       simulated_disk());
}

void Simulation::run(Duration duration) {
  Loop(gateway_->workers(), clock_).run(clock_.now() + duration);
}

void Simulation::live(int hours) {
  const auto one_in = [this](std::uint64_t n) { return events_.below(n) == 0; };
  for (int i = 0; i < hours; ++i) {
    const auto quiet = static_cast<Duration>(events_.unit() * 0.7 * hour);
    const auto bad = static_cast<Duration>(events_.unit() * 0.2 * hour);
    run(quiet);
    Disk::bad = plan_.disk_faults && one_in(3);
    run(bad);
    if (plan_.power_cuts && one_in(6)) power_cut();
    if (plan_.restarts && one_in(6)) restart();
    Disk::bad = false;
    const Duration step = one_in(2) ? hour : -hour;
    if (plan_.clock_steps) clock_.set_error(step);
    if (plan_.unsynchronised && !clock_.synchronised() && one_in(6)) {
      clock_.set_error(static_cast<Duration>(events_.unit() * 20'000 * day));
      clock_.set_synchronised(true);
    }
    run(hour - quiet - bad);
    look_at_files();
  }
}

void Simulation::power_cut() {
  gateway_.reset();
  exact_ = false;
  clock_.advance(minute);
  set_gateway_time();
  clock_.set_boot(++boot_, clock_.now() - second);
  power_on(scada_ != (plan_.absences && events_.below(2) == 0));
}

void Simulation::restart() {
  gateway_->finish_pipeline();
  exact_ = gateway_->finish_log().ok() && exact_;
  gateway_.reset();
  clock_.advance(second);
  set_gateway_time();
  power_on(scada_ != (plan_.absences && events_.below(2) == 0));
}

/// As a process finds it that begins: what the system's clock says. The boot was as long ago as
/// before.
void Simulation::set_gateway_time() {
  const Duration error = clock_.wall() - clock_.now();
  clock_.advance(error);
  clock_.set_boot(boot_, clock_.boot().at + error);
  clock_.set_error(0);
}

void Simulation::stop() {
  Disk::bad = false;
  if (!scada_) {
    restart();
    if (!scada_) {
      gateway_.reset();
      exact_ = false;
      power_on(true);
    }
  }
  gateway_->finish_pipeline();
  std::vector<Worker*> far = gateway_->workers();
  std::erase_if(far, [](const Worker* worker) {
    return worker->name().starts_with("bus ") || worker->name() == "pipeline";
  });
  Loop loop(far, clock_);
  for (int attempt = 0; attempt < 400 && owes(); ++attempt) loop.run(clock_.now() + 10 * minute);
  const Result<> finished = gateway_->finish_log();
  EXPECT_TRUE(finished) << finished.error().text.view();
}

UplinkTotals Simulation::totals(const std::string& name) const {
  for (std::size_t i = 0; i < gateway_->deliveries().size(); ++i)
    if (gateway_->deliveries()[i]->name() == "uplink " + name)
      return gateway_->log().uplink_totals(i);
  throw std::logic_error("no uplink " + name);
}

/// To some uplink, a mark of a gap at least.
bool Simulation::owes() const {
  const LogStatus log = gateway_->log().status();
  for (const auto& uplink : log.uplinks)
    for (std::size_t lane = 0; lane < lane_count; ++lane)
      if (uplink.queued > 0 || uplink.cursors[lane].acknowledged < log.lanes[lane].last)
        return true;
  return false;
}

void Simulation::look_at_files() {
  std::uint64_t bytes = 0;
  for (const char* file : {"journal.db", "journal.db-wal"}) {
    std::error_code none;
    const auto size = std::filesystem::file_size(folder_.file(file), none);
    bytes += none ? 0 : size;
  }
  most_bytes_ = std::max(most_bytes_, bytes);
}

}  // namespace fieldweir
