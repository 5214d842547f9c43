// The cross-checks of modbus/device.h: what no single field can know.
#include <algorithm>

#include "drivers/modbus/device.h"

namespace fieldweir {
namespace {

using config::Mistakes;

std::string address_mistake(const ModbusDevice& device, ModbusTable table, std::int64_t address) {
  const std::string written = "address " + std::to_string(address);
  if (device.addressing != Addressing::modicon) return written + " is outside the table";
  switch (table) {
    case ModbusTable::coil:
      return written + " is no coil in modicon style: 1 to 65536";
    case ModbusTable::discrete:
      return written + " is no discrete input in modicon style: 10001 to 19999, 100001 to 165536";
    case ModbusTable::input:
      return written + " is no input register in modicon style: 30001 to 39999, 300001 to 365536";
    case ModbusTable::holding:
      break;
  }
  return written + " is no holding register in modicon style: 40001 to 49999, 400001 to 465536";
}

/// The signal's poll group, or what is wrong with it.
std::string find_group(ModbusDevice& device, ModbusSignal& signal) {
  const std::string& name = signal.poll.name;
  if (name.empty()) return {};
  auto found = std::ranges::find(device.poll, name, &ModbusGroup::name);
  if (found == device.poll.end() && name == "once")
    found = device.poll.insert(found, {name, never, false});
  signal.group = static_cast<std::size_t>(found - device.poll.begin());
  if (found != device.poll.end()) return {};
  std::vector<std::string> names = {"once"};
  for (const ModbusGroup& group : device.poll) names.push_back(group.name);
  return "no poll group '" + name + "'" + config::did_you_mean(name, names);
}

/// Gives the signal its zero-based place, or says what is wrong with it.
std::string find_place(const ModbusDevice& device, ModbusSignal& signal) {
  const auto address = zero_based(device.addressing, signal.table, signal.address);
  const unsigned width = holds_bits(signal.table) ? 1 : signal.format.registers();
  if (!address || *address + width > UINT16_MAX + 1)
    return address_mistake(device, signal.table, signal.address);
  if (!signal.scale_register) return locate(signal, *address, std::nullopt, device.max_read);
  const auto factor = zero_based(device.addressing, signal.table, *signal.scale_register);
  if (!factor) return address_mistake(device, signal.table, *signal.scale_register);
  return locate(signal, *address, factor, device.max_read);
}

}  // namespace

std::optional<std::uint16_t> zero_based(Addressing addressing, ModbusTable table,
                                        std::int64_t written) {
  if (addressing == Addressing::one_based) written -= 1;
  if (addressing == Addressing::modicon) {
    constexpr int digits[] = {0, 0, 1, 4, 3};  // by function code: the table's first digit
    const std::int64_t digit = digits[static_cast<int>(table)];
    const bool long_form = written >= 100'000 || digit == 0;
    written -= digit * (long_form ? 100'000 : 10'000) + 1;
    if (!long_form && written >= 9'999) return std::nullopt;
  }
  if (written < 0 || written > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(written);
}

bool work_out(ModbusDevice& device, Mistakes& mistakes) {
  bool good = true;
  const auto complain = [&](const config::Place& place, const std::string& message) {
    if (message.empty()) return;
    mistakes.add(place, message);
    good = false;
  };
  complain(device.endpoint.place, endpoint_mistake(device.endpoint));
  for (ModbusSignal& signal : device.modbus_signals) {
    const std::string type = type_mistake(signal);
    complain(signal.place, type);
    complain(signal.poll.place, find_group(device, signal));
    signal.format = format_of(signal, device.word_order, device.byte_order);
    if (!type.empty()) continue;
    if (signal.write) complain(signal.write->place, work_out_limits(signal));
    complain(signal.place, find_place(device, signal));
  }
  return good;
}

}  // namespace fieldweir
