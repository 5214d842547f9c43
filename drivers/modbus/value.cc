#include "drivers/modbus/value.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/check.h"

namespace fieldweir {
namespace {

bool is_float(ModbusType type) {
  return type == ModbusType::float32 || type == ModbusType::float64;
}
bool is_signed(ModbusType type) {
  return type == ModbusType::int16 || type == ModbusType::int32 || type == ModbusType::int64;
}
bool is_boolean(ModbusType type) { return type == ModbusType::boolean || type == ModbusType::bit; }

Kind kind_of(const ModbusValue::Format& format) {
  if (is_boolean(format.type)) return Kind::boolean;
  if (format.scaled || is_float(format.type)) return Kind::float64;
  return is_signed(format.type) ? Kind::int64 : Kind::uint64;
}

std::int64_t sign_extend(std::uint64_t raw, unsigned bits) {
  return static_cast<std::int64_t>(raw << (64 - bits)) >> (64 - bits);
}

double float_of(ModbusType type, std::uint64_t raw) {
  if (type == ModbusType::float32) return std::bit_cast<float>(static_cast<std::uint32_t>(raw));
  return std::bit_cast<double>(raw);
}

/// 0.1 has no exact binary form, 10 has: 217 / 10 is the float64 nearest to 21.7, 217 x 0.1 is not.
double whole_divisor(double scale) {
  const double divisor = std::round(1 / scale);
  return std::isfinite(divisor) && divisor != 0 && 1 / divisor == scale ? divisor : 0;
}

}  // namespace

std::uint16_t registers_of(ModbusType type) {
  if (type >= ModbusType::int64) return 4;
  return type >= ModbusType::int32 ? 2 : 1;
}

ModbusValue::ModbusValue(Format format)
    : format_(std::move(format)),
      kind_(kind_of(format_)),
      divisor_(format_.scaled ? whole_divisor(format_.scale) : 0) {}

std::uint64_t ModbusValue::assemble(std::span<const std::uint8_t> registers) const {
  const std::size_t words = registers.size() / 2;
  std::uint64_t raw = 0;
  for (std::size_t i = 0; i < words; ++i) {
    const std::size_t word = format_.word_order == Order::big ? i : words - 1 - i;
    const bool big = format_.byte_order == Order::big;
    const std::uint8_t high = registers[2 * word + (big ? 0 : 1)];
    const std::uint8_t low = registers[2 * word + (big ? 1 : 0)];
    raw = raw << 16 | static_cast<std::uint64_t>(high) << 8 | low;
  }
  return raw;
}

bool ModbusValue::invalid(std::uint64_t raw) const {
  if (is_float(format_.type)) {
    const double value = float_of(format_.type, raw);
    return !std::isfinite(value) ||
           std::ranges::any_of(format_.invalid, [value](std::int64_t code) {
             return value == static_cast<double>(code);
           });
  }
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - 16 * registers_of(format_.type));
  return std::ranges::any_of(format_.invalid, [raw, mask](std::int64_t code) {
    return (static_cast<std::uint64_t>(code) & mask) == raw;
  });
}

double ModbusValue::number(std::uint64_t raw) const {
  if (is_float(format_.type)) return float_of(format_.type, raw);
  if (!is_signed(format_.type)) return static_cast<double>(raw);
  return static_cast<double>(sign_extend(raw, 16u * registers_of(format_.type)));
}

Reading ModbusValue::decode(ModbusTable table, std::span<const std::uint8_t> data,
                            std::size_t index, SignalId signal, Time time) const {
  if (holds_bits(table))  // the first bit asked for is the lowest of the first byte
    return boolean_reading(signal, time, (data[index / 8] >> index % 8 & 1) != 0);

  const std::uint64_t raw = assemble(data.subspan(2 * index, 2u * registers_of(format_.type)));
  if (invalid(raw)) return bad_reading(signal, time, Reason::invalid_code);
  if (format_.type == ModbusType::bit)
    return boolean_reading(signal, time, (raw >> format_.bit & 1) != 0);
  if (kind_ == Kind::boolean) return boolean_reading(signal, time, raw != 0);
  if (kind_ == Kind::uint64) return uint64_reading(signal, time, raw);
  if (kind_ == Kind::int64)
    return int64_reading(signal, time, sign_extend(raw, 16u * registers_of(format_.type)));
  const double value = number(raw);
  if (!format_.scaled) return float64_reading(signal, time, value);
  return float64_reading(
      signal, time, (divisor_ != 0 ? value / divisor_ : value * format_.scale) + format_.offset);
}

}  // namespace fieldweir
