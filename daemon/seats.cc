#include "daemon/seats.h"

#include <algorithm>

#include "core/check.h"
#include "daemon/ledger_readings.h"

namespace fieldweir {
namespace {

std::string full_name(const DeviceSettings& device, std::string_view signal) {
  return device.name + "." + std::string(signal);
}

const Profile& profile_named(const Settings& settings, const std::string& name) {
  const auto found = std::find_if(settings.profiles.begin(), settings.profiles.end(),
                                  [&](const auto& profile) { return profile.first == name; });
  FIELDWEIR_CHECK(found != settings.profiles.end());  // the configuration was checked
  return found->second;
}

void define_device(const DeviceSettings& device, const Seats::Device& seat, std::uint16_t number,
                   SignalTable& table) {
  const auto prototype = [&](const SignalSettings& signal) {
    return SignalTable::Signal{
        .unit = UnitName(signal.unit), .kind = signal.kind(), .device = number};
  };
  for (std::size_t instance = 0; instance < device.instances(); ++instance)
    for (const SignalSettings* signal : device.signals()) {
      const SignalId id = table.reserve(1, prototype(*signal));
      // names with a placeholder are claimed when the first message says what stands for it
      if (signal->name.find('{') == std::string::npos)
        table.claim(id, full_name(device, signal->name));
    }
  const SignalId online = table.define(
      {.name = SignalName(full_name(device, "online")), .kind = Kind::boolean, .device = number});
  FIELDWEIR_CHECK(online == seat.online);
}

Seats::Bus& bus_of(const Settings::Device& device, Seats& seats) {
  const std::string name = device.kind->bus(*device.settings);
  const auto found = std::find_if(seats.buses.begin(), seats.buses.end(),
                                  [&](const Seats::Bus& bus) { return bus.name == name; });
  if (found != seats.buses.end()) return *found;
  return seats.buses.emplace_back(Seats::Bus{name, device.kind, {}, 0});
}

/// None where the ledger is not delivered.
std::vector<std::string> own_signals(const Settings& settings) {
  if (!settings.gateway.ledger) return {};
  std::vector<std::string> all = ledger_signals();
  for (const std::string& uplink : enabled_uplinks(settings))
    for (std::string& name : ledger_signals_of(uplink)) all.push_back(std::move(name));
  return all;
}

// A bus may run this many rounds of all its signals ahead of a pipeline that is held up.
constexpr std::size_t rounds_in_ring = 4;
constexpr std::size_t least_ring = 256;

}  // namespace

Seats assign_seats(const Settings& settings) {
  Seats seats;
  for (const auto& device : settings.devices) {
    const std::size_t count = device.settings->signals().size() * device.settings->instances();
    const auto first = static_cast<SignalId>(seats.signals);
    seats.devices.push_back({first, count, static_cast<SignalId>(first + count)});
    seats.signals += count + 1;
    Seats::Bus& bus = bus_of(device, seats);
    bus.devices.push_back(seats.devices.size() - 1);
    bus.ring = std::max(least_ring, bus.ring + rounds_in_ring * (count + 1));
    for (const SignalSettings* signal : device.settings->signals())
      seats.texts += signal->texts() * device.settings->instances();
  }
  seats.ledger = static_cast<SignalId>(seats.signals);
  seats.signals += own_signals(settings).size();
  for (const WindowSettings& window : settings.windows) {
    auto& results = seats.windows.emplace_back();
    for (const Aggregate aggregate : window.emit)
      results.push_back({aggregate, static_cast<SignalId>(seats.signals++)});
  }
  return seats;
}

std::vector<const DeviceSettings*> devices_on(const Seats::Bus& bus, const Settings& settings) {
  std::vector<const DeviceSettings*> all;
  for (const std::size_t i : bus.devices) all.push_back(settings.devices[i].settings.get());
  return all;
}

void define_signals(const Settings& settings, const Seats& seats, SignalTable& table) {
  for (std::size_t i = 0; i < settings.devices.size(); ++i)
    define_device(*settings.devices[i].settings, seats.devices[i], static_cast<std::uint16_t>(i),
                  table);
  for (const std::string& name : own_signals(settings))
    table.define({.name = SignalName(name), .kind = Kind::uint64});
  for (std::size_t i = 0; i < settings.windows.size(); ++i) {
    const WindowSettings& window = settings.windows[i];
    const std::optional<SignalId> of = table.find(window.of.name);
    FIELDWEIR_CHECK(of.has_value());
    for (const Window::Result& result : seats.windows[i]) {
      const SignalId id = table.define(
          {.name = SignalName(window.name + "." + std::string(to_string(result.aggregate))),
           .unit = result.aggregate == Aggregate::count ? UnitName() : table[*of].unit,
           .kind = kind_of(result.aggregate, table[*of].kind)});
      FIELDWEIR_CHECK(id == result.signal);
    }
  }
}

PipelinePlan pipeline_plan(const Settings& settings, const Seats& seats, const SignalTable& table) {
  PipelinePlan plan{.signals = seats.signals};
  for (std::size_t i = 0; i < settings.devices.size(); ++i) {
    const DeviceSettings& device = *settings.devices[i].settings;
    SignalId id = seats.devices[i].first;
    for (std::size_t instance = 0; instance < device.instances(); ++instance)
      for (const SignalSettings* signal : device.signals()) {
        if (!signal->profile.name.empty())
          plan.filtered.push_back({id, 1, profile_named(settings, signal->profile.name)});
        ++id;
      }
  }
  for (std::size_t i = 0; i < settings.windows.size(); ++i) {
    const WindowSettings& window = settings.windows[i];
    plan.windows.push_back(
        {*table.find(window.of.name), window.tumbling, window.grace, seats.windows[i]});
  }
  return plan;
}

}  // namespace fieldweir
