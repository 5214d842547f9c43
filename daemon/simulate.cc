// The command `simulate`: the Modbus devices of a configuration, to be read by anybody.
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <map>

#include "core/clock.h"
#include "daemon/columns.h"
#include "daemon/commands.h"
#include "daemon/field_commands.h"
#include "daemon/settings.h"
#include "daemon/signals.h"
#include "drivers/modbus/motion.h"
#include "drivers/modbus/served_bus.h"
#include "drivers/modbus/served_port.h"

namespace fieldweir {
namespace {

constexpr Duration move_every = 200 * millisecond;

/// A device with its registers.
struct Simulated {
  explicit Simulated(const ModbusDevice& device) : unit(points_of(device)), motion(device, unit) {}

  static std::vector<ModbusPoint> points_of(const ModbusDevice& device) {
    std::vector<ModbusPoint> points;
    for (const ModbusSignal& signal : device.modbus_signals) points.push_back(signal.point);
    return points;
  }

  ModbusUnit unit;
  Motion motion;
};

std::vector<const ModbusDevice*> wanted_devices(const Settings& settings,
                                                const SimulateOptions& options) {
  std::vector<const ModbusDevice*> wanted;
  std::vector<std::string> names;
  for (const Settings::Device& device : settings.devices) {
    const auto* modbus = dynamic_cast<const ModbusDevice*>(device.settings.get());
    if (modbus == nullptr) continue;
    names.push_back(modbus->name);
    if (options.devices.empty() || std::ranges::count(options.devices, modbus->name) > 0)
      wanted.push_back(modbus);
  }
  for (const std::string& name : options.devices)
    if (std::ranges::count(names, name) == 0)
      throw Refused(exit_usage, options.config + " has no Modbus device '" + name + "'" +
                                    config::did_you_mean(name, names));
  if (wanted.empty()) throw Refused(exit_failure, options.config + " has no Modbus device");
  return wanted;
}

/// Opens one place after the other for the buses as they come.
class Places {
 public:
  explicit Places(const SimulateOptions& options) : serial_(options.serial) {
    const std::size_t colon = options.listen.rfind(':');
    address_ = options.listen.substr(0, colon);
    const std::int64_t port =
        colon == std::string::npos ? 0 : written_number(options.listen.substr(colon + 1));
    if (port > UINT16_MAX) throw Refused(exit_usage, "no port: " + options.listen);
    next_ = static_cast<std::uint16_t>(port);
  }

  std::unique_ptr<ServedBus> open(const ModbusEndpoint& endpoint, std::string& where) {
    if (!endpoint.serial.empty()) {
      where = serial_;
      const int descriptor = serial_.empty() ? open_terminal(where) : open_line(serial_);
      serial_.clear();  // only one bus can have it
      return std::make_unique<ServedBus>(ModbusFraming::rtu, descriptor, true);
    }
    std::uint16_t port = next_;
    const int descriptor = listen_at(address_, port);
    if (next_ != 0) ++next_;
    where = address_ + ":" + std::to_string(port);
    return std::make_unique<ServedBus>(endpoint.framing, descriptor, false);
  }

 private:
  std::string address_;
  std::uint16_t next_ = 0;  // 0: any free one
  std::string serial_;
};

void serve(std::vector<std::unique_ptr<ServedBus>>& buses,
           std::vector<std::unique_ptr<Simulated>>& devices, Duration longest) {
  const Signals signals;
  const SystemClock clock;
  const Time begun = clock.now();
  Time next_move = begun;
  while (clock.now() - begun < longest) {
    std::vector<pollfd> waiting = {{signals.descriptor(), POLLIN, 0}};
    for (const auto& bus : buses) bus->append_to(waiting);
    const Duration rest = std::max<Duration>(next_move - clock.now(), 0);
    poll(waiting.data(), waiting.size(), static_cast<int>(rest / millisecond) + 1);
    if (const int signal = signals.take(); signal == SIGTERM || signal == SIGINT) return;
    const Time now = clock.now();
    for (auto& bus : buses) bus->serve(waiting, now);
    if (now < next_move) continue;
    next_move = now + move_every;
    for (auto& device : devices) device->motion.move(now - begun);
  }
}

}  // namespace

int command_simulate(const SimulateOptions& options) {
  config::Mistakes mistakes;
  const Settings settings = load_settings(options.config, mistakes);
  if (!mistakes.empty()) throw Refused(exit_configuration, mistakes.text());

  Places places(options);
  std::vector<std::unique_ptr<ServedBus>> buses;
  std::vector<std::unique_ptr<Simulated>> devices;
  std::map<std::string, std::pair<ServedBus*, std::string>> by_name;
  std::vector<std::vector<std::string>> rows = {{"device", "unit", "is at", "instead of"}};
  for (const ModbusDevice* device : wanted_devices(settings, options)) {
    const std::string name = bus_of(device->endpoint);
    auto& [bus, where] = by_name[name];
    if (bus == nullptr) bus = buses.emplace_back(places.open(device->endpoint, where)).get();
    bus->add(device->endpoint.unit,
             devices.emplace_back(std::make_unique<Simulated>(*device))->unit);
    rows.push_back({device->name, std::to_string(device->endpoint.unit), where, name});
  }
  print_columns(rows, std::cout);
  std::cout << "Ctrl-C ends\n" << std::flush;
  serve(buses, devices, options.seconds > 0 ? options.seconds * second : never);
  return exit_ok;
}

}  // namespace fieldweir
