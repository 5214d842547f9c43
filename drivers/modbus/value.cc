#include "drivers/modbus/value.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "config/file.h"

namespace fieldweir {
namespace {

constexpr double powers_of_ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};

std::int64_t sign_extend(std::uint64_t raw, unsigned bits) {
  return static_cast<std::int64_t>(raw << (64 - bits)) >> (64 - bits);
}

double float_of(ModbusType type, std::uint64_t raw) {
  if (type == ModbusType::float32) return std::bit_cast<float>(static_cast<std::uint32_t>(raw));
  return std::bit_cast<double>(raw);
}

/// False if a digit is above 9.
bool unpack_bcd(std::uint64_t& raw) {
  std::uint64_t number = 0;
  for (int shift = 28; shift >= 0; shift -= 4) {
    const std::uint64_t digit = raw >> shift & 0xF;
    if (digit > 9) return false;
    number = 10 * number + digit;
  }
  raw = number;
  return true;
}

/// 0.1 has no exact binary form, 10 has: 217 / 10 is the float64 nearest to 21.7, 217 x 0.1 is not.
double whole_divisor(double scale) {
  const double divisor = std::round(1 / scale);
  return std::isfinite(divisor) && divisor != 0 && 1 / divisor == scale ? divisor : 0;
}

/// Numbers with no decimals to lose, for which value x power would not be exact, stay as they are.
double round_to(double value, double power) {
  const double shifted = value * power;
  return std::abs(shifted) < 0x1p53 ? std::round(shifted) / power : value;
}

}  // namespace

Kind ModbusValue::Format::kind() const {
  if (!states.empty() || type == ModbusType::string) return Kind::text;
  if (info(type).shape == ModbusShape::boolean) return Kind::boolean;
  if (scaled() || info(type).shape == ModbusShape::real) return Kind::float64;
  return info(type).shape == ModbusShape::signed_integer ? Kind::int64 : Kind::uint64;
}

ModbusValue::ModbusValue(Format format, TextTable& texts)
    : format_(std::move(format)),
      kind_(format_.kind()),
      shape_(info(format_.type).shape),
      registers_(format_.registers()),
      texts_(texts) {
  const bool part = format_.type == ModbusType::bit || format_.type == ModbusType::bits;
  const unsigned width = part ? format_.bits : 16u * std::min<unsigned>(registers_, 4);
  shift_ = part ? format_.bit : 0;
  mask_ = ~std::uint64_t{0} >> (64 - width);
  divisor_ = format_.scaled() ? whole_divisor(format_.scale) : 0;
  rounding_ = format_.decimals ? powers_of_ten[*format_.decimals] : 0;
  for (const auto& [code, text] : format_.states)
    states_.push_back({static_cast<std::uint64_t>(code) & mask_, texts.intern(text)});
  std::ranges::sort(states_, {}, &State::raw);
}

std::uint64_t ModbusValue::assemble(const std::uint8_t* registers, std::size_t count) const {
  std::uint64_t raw = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t word = format_.word_order == Order::big ? i : count - 1 - i;
    const bool big = format_.byte_order == Order::big;
    const std::uint8_t high = registers[2 * word + (big ? 0 : 1)];
    const std::uint8_t low = registers[2 * word + (big ? 1 : 0)];
    raw = raw << 16 | static_cast<std::uint64_t>(high) << 8 | low;
  }
  return raw;
}

bool ModbusValue::invalid(std::uint64_t raw) const {
  if (shape_ == ModbusShape::real) {
    const double value = float_of(format_.type, raw);
    return !std::isfinite(value) ||
           std::ranges::any_of(format_.invalid, [value](std::int64_t code) {
             return value == static_cast<double>(code);
           });
  }
  return std::ranges::any_of(format_.invalid, [this, raw](std::int64_t code) {
    return (static_cast<std::uint64_t>(code) & mask_) == raw;
  });
}

Reading ModbusValue::state(std::uint64_t raw, SignalId signal, Time time) const {
  const auto found = std::ranges::lower_bound(states_, raw, {}, &State::raw);
  if (found == states_.end() || found->raw != raw)
    return bad_reading(signal, time, Reason::invalid_code);
  if (!found->text) return bad_reading(signal, time, Reason::text_table_full);
  return text_reading(signal, time, *found->text);
}

/// The text's number, within the signal's share of the table.
std::optional<std::uint32_t> ModbusValue::remember(std::string_view text) {
  if (const auto known = texts_.find(text)) return known;
  if (texts_added_ == TextTable::share) return std::nullopt;
  const auto added = texts_.intern(text);
  if (added) ++texts_added_;
  return added;
}

/// What stands behind a NUL is left over from a longer text. The table is asked (a lock and a hash)
/// only when the text has changed.
Reading ModbusValue::text(std::span<const std::uint8_t> registers, SignalId signal, Time time) {
  std::array<char, TextTable::longest> bytes{};
  const std::size_t swap = format_.byte_order == Order::big ? 0 : 1;
  for (std::size_t i = 0; i < registers.size(); ++i)
    bytes[i] = static_cast<char>(registers[i ^ swap]);
  std::string_view text(bytes.data(), registers.size());
  text = text.substr(0, text.find('\0'));
  text = text.substr(0, text.find_last_not_of(' ') + 1);  // npos + 1 is 0
  if (config::not_text(text) != std::string_view::npos)
    return bad_reading(signal, time, Reason::parse_error);
  if (!last_text_ || texts_[*last_text_] != text) last_text_ = remember(text);
  if (!last_text_) return bad_reading(signal, time, Reason::text_table_full);
  return text_reading(signal, time, *last_text_);
}

double ModbusValue::scaled(double value, const std::uint8_t* point) const {
  if (format_.factor_at) {
    const std::uint64_t raw = assemble(point + 2 * *format_.factor_at, 1);
    const std::int64_t factor = sign_extend(raw, 16);
    if (std::abs(factor) > largest_factor) return NAN;
    // a division by a whole power is exact to the last digit, as with `scale`
    value = factor < 0 ? value / powers_of_ten[-factor] : value * powers_of_ten[factor];
  }
  return (divisor_ != 0 ? value / divisor_ : value * format_.scale) + format_.offset;
}

Reading ModbusValue::decode(ModbusTable table, std::span<const std::uint8_t> data,
                            std::size_t index, SignalId signal, Time time) {
  if (holds_bits(table))  // the first bit asked for is the lowest of the first byte
    return boolean_reading(signal, time, (data[index / 8] >> index % 8 & 1) != 0);

  const std::uint8_t* point = data.data() + 2 * index;
  const std::uint8_t* registers = point + 2 * format_.value_at;
  if (shape_ == ModbusShape::text) return text({registers, 2u * registers_}, signal, time);

  std::uint64_t raw = assemble(registers, registers_) >> shift_ & mask_;
  const bool digits = shape_ != ModbusShape::bcd || unpack_bcd(raw);
  if (!digits || invalid(raw)) return bad_reading(signal, time, Reason::invalid_code);
  switch (kind_) {
    case Kind::boolean:
      return boolean_reading(signal, time, raw != 0);
    case Kind::uint64:
      return uint64_reading(signal, time, raw);
    case Kind::int64:
      return int64_reading(signal, time, sign_extend(raw, 16u * registers_));
    case Kind::text:
      return state(raw, signal, time);
    default:
      break;
  }
  double value = 0;
  if (shape_ == ModbusShape::real)
    value = float_of(format_.type, raw);
  else if (shape_ == ModbusShape::signed_integer)
    value = static_cast<double>(sign_extend(raw, 16u * registers_));
  else
    value = static_cast<double>(raw);
  if (format_.scaled()) value = scaled(value, point);
  if (!std::isfinite(value)) return bad_reading(signal, time, Reason::invalid_code);
  if (rounding_ != 0) value = round_to(value, rounding_);
  return float64_reading(signal, time, value);
}

}  // namespace fieldweir
