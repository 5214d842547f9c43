// The checks of modbus/signal.h: what the fields of a signal say together.
#include <algorithm>

#include "drivers/modbus/signal.h"

namespace fieldweir {
namespace {

bool whole_register(ModbusType type) {
  return type != ModbusType::bit && type != ModbusType::bits && type != ModbusType::string;
}

/// Whether `code` is something that the bits of the value can say, signed or unsigned.
bool fits(std::int64_t code, ModbusType type, unsigned bits) {
  if (type == ModbusType::bcd16) return code >= 0 && code <= 9'999;
  if (type == ModbusType::bcd32) return code >= 0 && code <= 99'999'999;
  if (bits == 64) return true;
  const bool negative = type != ModbusType::bits;
  return code >= (negative ? -(std::int64_t{1} << (bits - 1)) : 0) && code < std::int64_t{1}
                                                                                 << bits;
}

/// The keys that some types need and others do not have.
std::string shape_mistake(const ModbusSignal& signal, ModbusType type) {
  const bool part = type == ModbusType::bit || type == ModbusType::bits;
  if (signal.bits.has_value() != (type == ModbusType::bits))
    return "'bits' and type bits need each other";
  if (signal.bit.has_value() != part)
    return part ? "type " + std::string(info(type).name) + " needs 'bit', the lowest one"
                : "'bit' is for types bit and bits";
  if (signal.bit.value_or(0) + signal.bits.value_or(1) > 16)
    return "bits " + std::to_string(*signal.bit) + " to " +
           std::to_string(*signal.bit + *signal.bits - 1) + ", but a register has 0 to 15";
  if (signal.length.has_value() != (type == ModbusType::string))
    return "'length' and type string need each other";
  if (signal.word_order && type == ModbusType::string)
    return "a string has no word order: its registers are in the order of its characters";
  return {};
}

std::string scale_mistake(const ModbusSignal& signal, ModbusType type) {
  const bool real = info(type).shape == ModbusShape::real;
  const bool scaled = signal.scale || signal.offset || signal.scale_register;
  const bool number = is_integer(type) || real;
  if (!number && (scaled || signal.decimals || !signal.invalid.empty()))
    return "scale, offset, decimals and invalid are for numbers";
  if (!signal.states.empty() && !is_integer(type)) return "an enum is for integers";
  if (!signal.states.empty() && (scaled || signal.decimals))
    return "the codes of an enum are not scaled";
  if (signal.scale && *signal.scale == 0) return "a scale of 0 leaves nothing of the value";
  if (signal.scale_register && !is_integer(type)) return "a scale register is for integers";
  if (signal.decimals && !scaled && !real)
    return "'decimals' is for values with a scale or of a float type: this one has none";
  return {};
}

std::string code_mistake(const ModbusSignal& signal, ModbusType type) {
  if (!is_integer(type)) return {};
  const auto bits = static_cast<unsigned>(signal.bits.value_or(16 * registers_of(type)));
  for (const std::int64_t code : signal.invalid)
    if (!fits(code, type, bits))
      return "invalid code " + std::to_string(code) + " does not fit the type";
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - bits);
  std::vector<std::uint64_t> known;
  for (const auto& [code, text] : signal.states) {
    if (!fits(code, type, bits))
      return "code " + std::to_string(code) + " of the enum does not fit the type";
    known.push_back(static_cast<std::uint64_t>(code) & mask);
    if (std::ranges::count(known, known.back()) > 1)
      return "code " + std::to_string(code) + " stands in the enum twice";
  }
  return {};
}

std::string write_mistake(const ModbusSignal& signal) {
  if (signal.table != ModbusTable::coil && signal.table != ModbusTable::holding)
    return "only coil and holding can be written";
  if (signal.scale_register) return "a value with a scale register cannot be written";
  if (!whole_register(signal.format.type))
    return "a signal of type " + std::string(info(signal.format.type).name) +
           " cannot be written: only whole registers and numbers are";
  return {};
}

/// Of a number.
std::string range_mistake(const ModbusSignal& signal) {
  const ModbusWriteSection& write = *signal.write;
  if (!write.min || !write.max) return "write needs 'min' and 'max': how far it may go";
  if (*write.min >= *write.max) return "'min' has to be less than 'max'";
  if (write.step && !(*write.step > 0 && *write.step <= *write.max - *write.min))
    return "'step' has to be above 0 and at most max - min";
  TextTable texts(0);
  const ModbusValue value(signal.format, texts);
  for (const double limit : {*write.min, *write.max}) {
    const auto registers = value.encode(signal.table, float64_reading(0, 0, limit));
    if (!registers) return std::string(registers.error().text.view());
  }
  return {};
}

}  // namespace

std::string type_mistake(const ModbusSignal& signal) {
  if (holds_bits(signal.table)) {
    if (signal.type && signal.type != ModbusType::boolean)
      return "coil and discrete hold only type bool";
  } else if (!signal.type) {
    return "a signal in input or holding registers needs a type";
  }
  const ModbusType type = signal.type.value_or(ModbusType::boolean);
  for (const auto& mistake :
       {shape_mistake(signal, type), scale_mistake(signal, type), code_mistake(signal, type)})
    if (!mistake.empty()) return mistake;
  return {};
}

std::string locate(ModbusSignal& signal, std::uint16_t address, std::optional<std::uint16_t> factor,
                   std::uint16_t max_read) {
  const std::uint16_t width = holds_bits(signal.table) ? 1 : signal.format.registers();
  const std::uint16_t first = std::min(address, factor.value_or(address));
  const unsigned end = std::max<unsigned>(address + width, factor ? *factor + 1u : 0);
  signal.point = {signal.table, first, static_cast<std::uint16_t>(end - first)};
  signal.format.value_at = static_cast<std::uint16_t>(address - first);
  if (factor) signal.format.factor_at = static_cast<std::uint16_t>(*factor - first);
  if (factor && *factor >= address && *factor < address + width)
    return "the scale register is part of the value itself";
  if (holds_bits(signal.table) || end - first <= max_read) return {};
  const std::string room =
      std::to_string(end - first) + " registers, max_read allows " + std::to_string(max_read);
  if (!factor) return "the type takes " + room;
  return "from the value to its scale register it is " + room +
         ": read the two as signals of their own";
}

std::string work_out_limits(ModbusSignal& signal) {
  if (!signal.write) return {};
  if (const std::string mistake = write_mistake(signal); !mistake.empty()) return mistake;
  const ModbusWriteSection& write = *signal.write;
  const bool number = signal.states.empty() && signal.kind() != Kind::boolean;
  if (!number && (write.min || write.max || write.step))
    return "min, max and step are for numbers; this is written as one of its states";
  if (number)
    if (const std::string mistake = range_mistake(signal); !mistake.empty()) return mistake;
  WriteLimits limits{write.min.value_or(0), write.max.value_or(1), write.step, write.every};
  if (!signal.states.empty()) {
    const auto [low, high] = std::ranges::minmax_element(signal.states);
    limits.min = static_cast<double>(low->first);
    limits.max = static_cast<double>(high->first);
  }
  signal.limits = limits;
  return {};
}

}  // namespace fieldweir
