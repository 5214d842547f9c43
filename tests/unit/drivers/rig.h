// Rig: the devices of one bus as the gateway would build them, from YAML, for a test that turns the
// worker by hand. Signals are numbered from 0 in order, each device's followed by its `online`.
#pragma once

#include <gtest/gtest.h>

#include "config/load.h"
#include "drivers/bus_worker.h"
#include "drivers/drivers.h"

namespace fieldweir {

inline const DriverKind& driver_kind(std::string_view key) {
  for (const DriverKind& kind : driver_kinds())
    if (kind.key == key) return kind;
  throw std::invalid_argument("no such driver");
}

/// Reads one device section; the mistakes' text where there are any.
inline std::unique_ptr<DeviceSettings> read_device(std::string_view key, const std::string& yaml,
                                                   std::string* mistakes_text = nullptr) {
  config::Mistakes mistakes;
  const config::Node node = config::load_text("test.yaml", yaml, mistakes);
  auto settings = driver_kind(key).read(node, mistakes);
  if (mistakes_text != nullptr)
    *mistakes_text = mistakes.text();
  else
    EXPECT_TRUE(mistakes.empty()) << mistakes.text();
  return settings;
}

class Rig {
 public:
  Rig(std::string_view key, const std::vector<std::string>& devices, const Clock& clock,
      std::size_t ring_capacity = 4096)
      : ring(ring_capacity),
        signals_(1000),
        texts_(16),
        resolver_(clock),
        worker("bus test", signals_, clock, stop, ring, pipeline_, Random(1)) {
    std::vector<DeviceSeat> seats;
    for (const std::string& device : devices) settings_.push_back(read_device(key, device));
    for (const auto& settings : settings_) {
      seats.push_back({*settings, static_cast<SignalId>(signals_.size())});
      for (const SignalSettings* signal : settings->signals()) define(*settings, signal->name);
      define(*settings, "online");
    }
    const DriverContext context{signals_,          texts_,   clock, resolver_, brokers_, "gateway",
                                worker.doorbell(), Random(2)};
    auto drivers = driver_kind(key).make(seats, context);
    for (std::size_t i = 0; i < drivers.size(); ++i) {
      const std::size_t count = settings_[i]->signals().size();
      worker.add(std::move(drivers[i]), settings_[i]->name, seats[i].first, count,
                 seats[i].first + static_cast<SignalId>(count));
    }
  }

  /// Everything that is in the ring.
  std::vector<Reading> drain() {
    std::vector<Reading> out(ring.capacity());
    out.resize(ring.pop(out));
    return out;
  }
  SignalId id(std::string_view name) const { return signals_.find(name).value(); }

  Stop stop;
  Ring<Reading> ring;

 private:
  void define(const DeviceSettings& device, const std::string& name) {
    SignalTable::Signal signal;
    signal.name.assign(device.name + "." + name);
    signals_.define(signal);
  }

  SignalTable signals_;
  TextTable texts_;
  Resolver resolver_;
  Brokers brokers_;
  Doorbell pipeline_;
  std::vector<std::unique_ptr<DeviceSettings>> settings_;  // outlive the worker's drivers

 public:
  BusWorker worker;
};

}  // namespace fieldweir
