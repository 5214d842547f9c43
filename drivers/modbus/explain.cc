#include "drivers/modbus/explain.h"

#include <cmath>

namespace fieldweir {
namespace {

using Devices = std::span<const ModbusDevice* const>;

constexpr double high_load = 0.7;
constexpr std::size_t line_width = 100;

std::string percent(double share) { return std::to_string(std::lround(100 * share)) + " %"; }

std::string line_text(const ModbusEndpoint& endpoint) {
  return std::to_string(endpoint.baud) + " baud 8" + parity(endpoint.format) +
         std::to_string(stop_bits(endpoint.format));
}

std::string_view name_of(ModbusTable table) {
  constexpr std::string_view names[] = {"", "coil", "discrete", "holding", "input"};
  return names[static_cast<int>(table)];
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string range(std::int64_t first, std::int64_t count) {
  return std::to_string(first) + (count == 1 ? "" : " to " + std::to_string(first + count - 1));
}

/// The names of a read's signals, broken into lines behind `indent`.
std::string names_of(const ModbusDevice& device, std::span<const std::uint32_t> signals,
                     const std::string& indent) {
  std::string text = indent;
  std::size_t column = indent.size();
  for (const std::uint32_t& signal : signals) {
    const std::string name =
        device.modbus_signals[signal].name + (&signal == &signals.back() ? "" : ", ");
    if (column + name.size() > line_width && column > indent.size()) {
      text += "\n" + indent;
      column = indent.size();
    }
    text += name;
    column += name.size();
  }
  return text + "\n";
}

/// "holding 100 to 111 (as written: 40101 to 40112), 12 registers"
std::string explain_read(const ModbusDevice& device, const PlannedRead& read,
                         std::span<const std::uint32_t> signals) {
  const ModbusSignal& first = device.modbus_signals[signals.front()];
  const std::int64_t shift = first.address - first.point.address - first.format.value_at;
  std::string text =
      "      " + std::string(name_of(read.table)) + " " + range(read.address, read.count);
  if (shift != 0) text += " (as written: " + range(read.address + shift, read.count) + ")";
  text += ", " + counted(read.count, holds_bits(read.table) ? "bit" : "register") + "\n";
  return text + names_of(device, signals, "        ");
}

std::string explain_group(const ModbusDevice& device, std::size_t g) {
  const ModbusGroup& group = device.poll[g];
  const ModbusPlan plan = device.plan(g);
  if (plan.order.empty()) return "    " + group.name + ": no signal is polled in it\n";
  std::string text = "    " + group.name + ", ";
  text += group.interval == never ? "after each connect"
                                  : "every " + config::show_duration(group.interval);
  if (group.aligned) text += " of the clock (UTC)";
  text += ": " + counted(plan.reads.size(), "request") + " for " +
          counted(plan.order.size(), "signal") + "\n";
  for (const PlannedRead& read : plan.reads)
    text += explain_read(device, read, std::span(plan.order).subspan(read.first, read.size));
  return text;
}

}  // namespace

void check_bus(Devices devices, config::Mistakes& mistakes) {
  const ModbusDevice& first = *devices.front();
  for (const ModbusDevice* device : devices)
    if (const std::string key = bus_disagreement(first.endpoint, device->endpoint); !key.empty())
      mistakes.add(device->endpoint.place, "'" + key + "' is of the bus, and differs from what '" +
                                               first.name + "' says (" +
                                               mistakes.where(first.endpoint.place) + ")");
  const double load = bus_load(devices);
  if (load > 1)
    mistakes.add(first.endpoint.place,
                 "the polls on this bus need " + percent(load) + " of its time at " +
                     line_text(first.endpoint) +
                     "; longer intervals, a higher baud rate or a second bus would do");
}

std::string bus_warning(Devices devices) {
  const double load = bus_load(devices);
  if (load <= high_load) return {};
  return "the polls take " + percent(load) + " of its time at " +
         line_text(devices.front()->endpoint) + ": little is left for retries and writes";
}

std::string explain_bus(Devices devices) {
  const ModbusEndpoint& endpoint = devices.front()->endpoint;
  std::string text;
  if (!endpoint.serial.empty())
    text += "    load " + percent(bus_load(devices)) + " at " + line_text(endpoint) + " (with " +
            config::show_duration(quiet_time(endpoint) / microsecond * microsecond) +
            " of silence before each request and " + config::show_duration(modbus_turnaround) +
            " for the device to answer)\n";
  for (const ModbusDevice* device : devices) {
    text += "   " + device->name + ", unit " + std::to_string(device->endpoint.unit) + ":\n";
    for (std::size_t g = 0; g < device->poll.size(); ++g) text += explain_group(*device, g);
  }
  return text;
}

}  // namespace fieldweir
