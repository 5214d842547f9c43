// Simulation: a whole gateway on one thread with a fake clock, in a world that a plan describes.
// The same seed and plan give the same days.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/gateway.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/world.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {

class Simulation {
 public:
  Simulation(std::uint64_t seed, Plan plan, Time from = FakeClock::start);
  ~Simulation();

  /// So many hours with everything that the plan says; the quota is looked at after each.
  void live(int hours);
  void run(Duration duration);
  void power_cut();
  /// A clean end and a new beginning, by the time that the system's clock says.
  void restart();
  /// Stops the field side and runs the rest until nothing is owed: no destination is away for ever.
  void stop();

  const Gateway& gateway() const { return *gateway_; }
  Destination& destination(const std::string& name) { return *destinations_.at(name); }
  UplinkTotals totals(const std::string& name) const;
  FakeClock& clock() { return clock_; }
  /// Whether nothing was lost that counts or cursors were kept in: no power cut, no failing stop.
  bool exact() const { return exact_; }
  std::uint64_t most_bytes() const { return most_bytes_; }  // that the journal took
  const Plan& plan() const { return plan_; }

 private:
  void power_on(bool scada);
  void set_gateway_time();
  bool owes() const;
  void look_at_files();

  TempDir folder_{TempDir::in_memory};
  const Plan plan_;
  Random random_;
  Random events_;
  FakeClock clock_;
  std::map<std::string, std::unique_ptr<Destination>> destinations_;
  Settings with_scada_, without_scada_;
  bool scada_ = true;
  bool exact_ = true;
  std::uint64_t most_bytes_ = 0;
  std::uint64_t boot_ = 1;
  std::unique_ptr<Gateway> gateway_;
};

}  // namespace fieldweir
