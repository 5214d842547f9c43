// The other half of modbus/value.h: readings to registers.
#include <algorithm>
#include <bit>
#include <cmath>

#include "drivers/modbus/value.h"

namespace fieldweir {
namespace {

std::uint64_t pack_bcd(std::uint64_t number) {
  std::uint64_t raw = 0;
  for (int shift = 0; shift < 32; shift += 4, number /= 10) raw |= number % 10 << shift;
  return raw;
}

/// The least and greatest whole number that a type holds.
struct Limits {
  std::int64_t low = 0;
  std::uint64_t high = 0;

  bool hold(const Reading& integer) const {
    if (integer.kind == Kind::int64 && integer.as_int64() < 0) return integer.as_int64() >= low;
    return integer.as_uint64() <= high;
  }
  /// Of whole numbers. The greatest of 64 bits has no float64; the next has, and is out.
  bool hold(double number) const {
    return number >= static_cast<double>(low) && number < static_cast<double>(high) + 1;
  }
};

Limits limits_of(ModbusType type) {
  const unsigned bits = 16u * registers_of(type);
  const std::uint64_t all = ~std::uint64_t{0} >> (64 - bits);
  if (info(type).shape == ModbusShape::bcd) return {0, bits == 16 ? 9'999u : 99'999'999u};
  if (info(type).shape == ModbusShape::unsigned_integer) return {0, all};
  return {-static_cast<std::int64_t>(all >> 1) - 1, all >> 1};
}

bool is_number(const Reading& value) {
  return value.kind == Kind::float64 || value.kind == Kind::int64 || value.kind == Kind::uint64;
}

Error refused(Reason reason, const Reading& value, ModbusType type) {
  const std::string_view name = info(type).name;
  const int length = static_cast<int>(name.size());
  if (!is_number(value))
    return error(reason, "%s cannot be written as %.*s", to_string(value.kind).data(), length,
                 name.data());
  return error(reason, "%.15g cannot be written as %.*s", value.as_number(), length, name.data());
}

}  // namespace

double ModbusValue::unscaled(double value) const {
  if (!format_.scaled()) return value;
  value -= format_.offset;
  return divisor_ != 0 ? value * divisor_ : value / format_.scale;
}

Result<std::uint64_t> ModbusValue::encode_integer(const Reading& value) const {
  if (!is_number(value)) return refused(Reason::wrong_type, value, format_.type);
  const Limits limits = limits_of(format_.type);
  if (!format_.scaled() && value.kind != Kind::float64) {  // exact to 64 bits
    if (!limits.hold(value)) return refused(Reason::out_of_range, value, format_.type);
    return value.bits & mask_;
  }
  const double number = std::round(unscaled(value.as_number()));
  if (!limits.hold(number)) return refused(Reason::out_of_range, value, format_.type);
  return (number < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(number))
                     : static_cast<std::uint64_t>(number)) &
         mask_;
}

Result<std::uint64_t> ModbusValue::encode_real(const Reading& value) const {
  if (!is_number(value)) return refused(Reason::wrong_type, value, format_.type);
  const double number = unscaled(value.as_number());
  const bool narrow = format_.type == ModbusType::float32;
  // compared before it is narrowed: what lies between is undefined
  const double most = narrow ? 0x1.fffffep127 : 0x1.fffffffffffffp1023;
  if (!(std::abs(number) <= most)) return refused(Reason::out_of_range, value, format_.type);
  if (narrow) return std::bit_cast<std::uint32_t>(static_cast<float>(number));
  return std::bit_cast<std::uint64_t>(number);
}

/// Of several codes with one text, the lowest.
Result<std::uint64_t> ModbusValue::encode_state(const Reading& value) const {
  if (value.kind == Kind::text) {
    const auto found = std::ranges::find(states_, value.as_text(), [](const State& state) {
      return state.text.value_or(UINT32_MAX);
    });
    if (found == states_.end()) return error(Reason::out_of_range, "no state has this text");
    return found->raw;
  }
  const Result<std::uint64_t> raw = encode_integer(value);
  if (raw && std::ranges::find(states_, raw.value(), &State::raw) == states_.end())
    return error(Reason::out_of_range, "no state has this code");
  return raw;
}

Result<std::uint64_t> ModbusValue::encode_boolean(const Reading& value) const {
  if (value.kind == Kind::boolean) return value.as_boolean() ? 1 : 0;
  if (!is_number(value)) return refused(Reason::wrong_type, value, format_.type);
  const double number = value.as_number();
  if (number != 0 && number != 1) return refused(Reason::out_of_range, value, format_.type);
  return number == 1 ? 1 : 0;
}

Result<ModbusRegisters> ModbusValue::encode(ModbusTable table, const Reading& value) const {
  const Result<std::uint64_t> result = kind_ == Kind::boolean        ? encode_boolean(value)
                                       : kind_ == Kind::text         ? encode_state(value)
                                       : shape_ == ModbusShape::real ? encode_real(value)
                                                                     : encode_integer(value);
  if (!result) return result.error();
  std::uint64_t raw = result.value();
  if (kind_ != Kind::boolean && invalid(raw))
    return error(Reason::invalid_code,
                 "%.15g is a code by which the device says that it has no value",
                 value.as_number());
  if (shape_ == ModbusShape::bcd) raw = pack_bcd(raw);
  ModbusRegisters registers;
  if (holds_bits(table)) {
    registers.words[0] = static_cast<std::uint16_t>(raw);
    return registers;
  }
  registers.count = registers_;
  for (std::size_t i = 0; i < registers_; ++i) {
    const auto word = static_cast<std::uint16_t>(raw >> (16 * i));
    const std::size_t at = format_.word_order == Order::little ? i : registers_ - 1 - i;
    registers.words[at] =
        format_.byte_order == Order::big ? word : static_cast<std::uint16_t>(word << 8 | word >> 8);
  }
  return registers;
}

}  // namespace fieldweir
