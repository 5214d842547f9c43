// The cross-checks of modbus_settings.h: what no single field can know.
#include <algorithm>

#include "drivers/modbus_settings.h"

namespace fieldweir {
namespace {

using config::Mistakes;

bool is_boolean(ModbusType type) { return type <= ModbusType::bit; }

bool is_float(ModbusType type) {
  return type == ModbusType::float32 || type == ModbusType::float64;
}

/// Whether `code` is the signed or unsigned reading of some `bits` bits.
bool fits(std::int64_t code, unsigned bits) {
  if (bits == 64) return true;
  return code >= -(std::int64_t{1} << (bits - 1)) && code < std::int64_t{1} << bits;
}

/// What is wrong with the value's description, or nothing.
std::string type_mistake(const ModbusSignal& signal, std::uint16_t max_read) {
  if (holds_bits(signal.table)) {
    if (signal.type && signal.type != ModbusType::boolean)
      return "coil and discrete hold only type bool";
  } else if (!signal.type) {
    return "a signal in input or holding registers needs a type";
  }
  const ModbusType type = signal.type.value_or(ModbusType::boolean);
  if (signal.bit.has_value() != (type == ModbusType::bit))
    return "'bit' and type bit need each other";
  if (is_boolean(type) && (signal.scale || signal.offset || !signal.invalid.empty()))
    return "scale, offset and invalid are for numbers";
  if (signal.scale && *signal.scale == 0) return "a scale of 0 leaves nothing of the value";
  const unsigned registers = registers_of(type);
  if (!is_float(type))
    for (const std::int64_t code : signal.invalid)
      if (!fits(code, 16 * registers))
        return "invalid code " + std::to_string(code) + " does not fit the type";
  if (registers > max_read)
    return "the type takes " + std::to_string(registers) + " registers, max_read allows " +
           std::to_string(max_read);
  return {};
}

std::string address_mistake(const ModbusTcpDevice& device, const ModbusSignal& signal) {
  const std::string written = "address " + std::to_string(signal.address);
  if (device.addressing != Addressing::modicon) return written + " is outside the table";
  switch (signal.table) {
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
std::string find_group(const ModbusTcpDevice& device, ModbusSignal& signal) {
  if (signal.poll.name.empty()) return {};
  if (signal.poll.name == "once") return "poll: once is not available in this version";
  std::vector<std::string> names;
  for (const auto& group : device.poll) names.push_back(group.first);
  const auto found = std::ranges::find(names, signal.poll.name);
  signal.group = static_cast<std::size_t>(found - names.begin());
  if (found != names.end()) return {};
  return "no poll group '" + signal.poll.name + "'" + config::did_you_mean(signal.poll.name, names);
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

bool work_out(ModbusTcpDevice& device, Mistakes& mistakes) {
  const std::size_t before = mistakes.count();
  for (ModbusSignal& signal : device.modbus_signals) {
    const auto complain = [&](const config::Place& place, const std::string& message) {
      if (!message.empty()) mistakes.add(place, message);
    };
    complain(signal.place, type_mistake(signal, device.max_read));
    complain(signal.poll.place, find_group(device, signal));
    signal.format.type = signal.type.value_or(ModbusType::boolean);
    signal.format.bit = static_cast<unsigned>(signal.bit.value_or(0));
    signal.format.word_order = signal.word_order.value_or(device.word_order);
    signal.format.byte_order = signal.byte_order.value_or(device.byte_order);
    signal.format.scaled = signal.scale || signal.offset;
    signal.format.scale = signal.scale.value_or(1);
    signal.format.offset = signal.offset.value_or(0);
    signal.format.invalid = signal.invalid;

    const std::uint16_t width = holds_bits(signal.table) ? 1 : registers_of(signal.format.type);
    const auto address = zero_based(device.addressing, signal.table, signal.address);
    if (!address || *address + width > UINT16_MAX + 1)
      complain(signal.place, address_mistake(device, signal));
    else
      signal.point = {signal.table, *address, width};
  }
  return mistakes.count() == before;
}

}  // namespace fieldweir
