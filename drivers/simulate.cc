#include "drivers/simulate.h"

#include <cmath>
#include <numbers>

#include "drivers/poll_schedule.h"

namespace fieldweir {
namespace {

// --- what can be configured ---

enum class Wave { sine, square, ramp, constant };

struct SimulatedSignal : SignalSettings {
  Wave wave = Wave::sine;
  double mean = 0;
  double amplitude = 1;
  Duration period = minute;
  double noise = 0;
  Kind type = Kind::float64;
  Kind kind() const override { return type; }
};

struct Timing {
  Duration interval = second;
  std::int64_t seed = 1;
};

struct SimulatedDevice : DeviceSettings {
  Timing simulate;
  std::vector<SimulatedSignal> waves;
  std::vector<const SignalSettings*> signals() const override { return pointers_to(waves); }
};

const config::Fields<SimulatedDevice>& fields() {
  using namespace config;
  static const auto timing =
      Fields<Timing>("simulate")
          .duration("interval", &Timing::interval, {millisecond, hour}, optional, "of readings")
          .integer("seed", &Timing::seed, {0, INT64_MAX}, optional, "equal seeds, equal noise");
  static const auto signal = [] {
    Fields<SimulatedSignal> own("a simulated signal");
    const std::vector<Choice<Wave>> waves = {{"sine", Wave::sine},
                                             {"square", Wave::square},
                                             {"ramp", Wave::ramp},
                                             {"constant", Wave::constant}};
    const std::vector<Choice<Kind>> types = {
        {"float64", Kind::float64}, {"int64", Kind::int64}, {"bool", Kind::boolean}};
    return declare_common_signal(own)
        .choice("wave", &SimulatedSignal::wave, waves, optional, "shape over one period")
        .number("mean", &SimulatedSignal::mean, optional, "middle of the wave")
        .number("amplitude", &SimulatedSignal::amplitude, optional, "from the mean to a peak")
        .duration("period", &SimulatedSignal::period, {millisecond, 365 * day}, optional, "length")
        .number("noise", &SimulatedSignal::noise, {0, 1e300}, optional, "at most, either way")
        .choice("type", &SimulatedSignal::type, types, optional, "bool: above the mean or not");
  }();
  static const auto device = [] {
    Fields<SimulatedDevice> own("a simulated device");
    return declare_common_device(own)
        .section("simulate", &SimulatedDevice::simulate, timing, required, "selects this driver")
        .list("signals", &SimulatedDevice::waves, signal, required, "one wave each");
  }();
  return device;
}

// --- the driver ---

/// -1 to 1 at `phase` of the period, 0 to 1.
double shape(Wave wave, double phase) {
  switch (wave) {
    case Wave::sine:
      return std::sin(2 * std::numbers::pi * phase);
    case Wave::square:
      return phase < 0.5 ? 1 : -1;
    case Wave::ramp:
      return 2 * phase - 1;
    case Wave::constant:
      break;
  }
  return 0;
}

class Simulate final : public Driver {
 public:
  Simulate(const SimulatedDevice& device, SignalId first, Random random)
      : device_(device), first_(first), schedule_({{device.simulate.interval}}, random) {}

  Result<> open(Time, const Stop&) override { return {}; }

  Result<Time> poll(Time now, Time, Sink& sink, const Stop&) override {
    const auto due = schedule_.take(now);
    if (!due) return schedule_.next();
    skipped.add(due->skipped);
    if (sink.room() < device_.waves.size())
      skipped.add();
    else
      put_all(now, sink);
    return schedule_.next();
  }

  double polls_per_second() const override { return schedule_.per_second(); }

  void close() override { schedule_.restart(); }

 private:
  void put_all(Time now, Sink& sink) {
    for (std::size_t i = 0; i < device_.waves.size(); ++i) sink.put(reading(i, now));
    polled.add();
  }

  Reading reading(std::size_t index, Time now) const {
    const SimulatedSignal& s = device_.waves[index];
    const double phase = static_cast<double>(now % s.period) / static_cast<double>(s.period);
    // chance from the time itself, not from a state: a late poll changes no other value
    Random chance(static_cast<std::uint64_t>(device_.simulate.seed + now) + index * 0x9E3779B9u);
    const double noise = s.noise * (2 * chance.unit() - 1);
    const double value = s.mean + s.amplitude * shape(s.wave, phase) + noise;
    const SignalId id = first_ + static_cast<SignalId>(index);
    if (s.type == Kind::boolean) return boolean_reading(id, now, value > s.mean);
    if (s.type == Kind::int64) return int64_reading(id, now, std::llround(value));
    return float64_reading(id, now, value);
  }

  const SimulatedDevice& device_;
  const SignalId first_;
  PollSchedule schedule_;
};

}  // namespace

DriverKind simulate_driver() {
  DriverKind kind{};
  kind.key = "simulate";
  kind.read = [](const config::Node& node,
                 config::Mistakes& mistakes) -> std::unique_ptr<DeviceSettings> {
    auto device = std::make_unique<SimulatedDevice>();
    if (!fields().read(node, *device, mistakes)) return nullptr;
    return device;
  };
  kind.bus = [](const DeviceSettings& device) { return "simulate " + device.name; };
  kind.make = [](std::span<const DeviceSeat> devices, const DriverContext& context) {
    Random random = context.random;
    std::vector<std::unique_ptr<Driver>> drivers;
    for (const DeviceSeat& seat : devices)
      drivers.push_back(std::make_unique<Simulate>(
          static_cast<const SimulatedDevice&>(seat.settings), seat.first, random.fork()));
    return drivers;
  };
  kind.fields = []() -> const std::vector<config::FieldInfo>& { return fields().infos(); };
  return kind;
}

}  // namespace fieldweir
