#include "tests/simulation/plan.h"

#include "core/random.h"

namespace fieldweir {
namespace {

constexpr const char* field_side = R"(version: 1
gateway: {id: sim}
profiles:
  analog:
    - range: {min: 50, max: 70, else: mark}
    - median: 3
    - deadband: {abs: 0.2, heartbeat: 5m}
devices:
  - name: boiler
    simulate: {interval: 30s, seed: 1}
    signals:
      - {name: supply, wave: sine, mean: 60, amplitude: 12, period: 20m, noise: 0.3, profile: analog}
      - {name: pump, wave: square, period: 40m, type: bool}
  - name: press
    simulate: {interval: 40s, seed: 2}
    signals:
      - {name: force, wave: ramp, mean: 100, amplitude: 20, period: 3m}
  - name: fan
    simulate: {interval: 1m, seed: 3}
    signals:
      - {name: speed, wave: sine, mean: 900, amplitude: 50, period: 2h}
windows:
  - {name: supply_5m, of: boiler.supply, tumbling: 5m, emit: [mean, min, max, count], grace: 20s}
)";

std::string uplink(const std::string& name, const std::string& more) {
  return "  - {name: " + name + ", https: {url: \"https://" + name + ".example.com/\"}" + more +
         "}\n";
}

void write_configurations(Plan& plan, const std::string& batch, const std::string& buffer,
                          const std::string& cloud) {
  plan.without_scada = std::string(field_side) + "batch: {" + batch + "}\n" +
                       "buffer: {path: \"${env:FIELDWEIR_SIMULATION}\", max_size: " +
                       std::to_string(plan.quota >> 20) + "MiB, " + buffer + "}\nuplinks:\n" +
                       uplink("cloud", cloud);
  plan.with_scada = plan.without_scada + uplink("scada", ", send: [\"boiler.*\", \"supply_5m.*\"]");
}

}  // namespace

Plan plan_of(std::uint64_t seed, Time from) {
  Random random(seed);
  const auto one_in = [&](std::uint64_t n) { return random.below(n) == 0; };
  const auto any_of = [&](std::initializer_list<const char*> choices) {
    return std::string(choices.begin()[random.below(choices.size())]);
  };
  Plan plan;
  plan.quota = (one_in(2) ? 1ull : 16ull) << 20;
  std::string buffer = "persist_after: " + any_of({"0s", "20s", "1m"}) +
                       ", commit: {every: " + any_of({"1s", "1m", "5m"}) + "}";
  if (one_in(2)) buffer += ", when_full: drop_newest";
  if (one_in(3)) buffer += ", max_age: " + any_of({"1h", "3h", "12h"});
  plan.low_disk = one_in(8);
  if (plan.low_disk) buffer += ", min_free_disk: 1000GiB";  // more than there is: always low
  if (one_in(2)) buffer += ", thin: {above: " + any_of({"10%", "40%"}) + ", every: 10m}";
  plan.live_first = one_in(3);
  write_configurations(plan, "every: " + any_of({"30s", "1m", "2m"}) + ", rows: 200", buffer,
                       plan.live_first ? ", order: live_first" : "");
  plan.power_cuts = one_in(3);
  plan.restarts = one_in(3);
  plan.absences = one_in(4);
  plan.disk_faults = one_in(3);
  plan.clock_steps = one_in(3);
  plan.unsynchronised = one_in(4);
  plan.lockouts = one_in(4);
  plan.poison_one_in = one_in(3) ? 300 : 0;
  if (one_in(2)) {
    plan.gone_from = from + static_cast<Duration>(random.unit() * 6 * hour);
    plan.gone_until = plan.gone_from + static_cast<Duration>(random.unit() * 20 * hour);
  }
  return plan;
}

Plan quiet_plan(std::uint64_t quota_mib, const std::string& buffer, const std::string& uplink) {
  Plan plan;
  plan.quota = quota_mib << 20;
  write_configurations(plan, "every: 20s, rows: 200",
                       "persist_after: 20s, commit: {every: 60s}" + buffer, uplink);
  return plan;
}

}  // namespace fieldweir
