#include "drivers/modbus/motion.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fieldweir {
namespace {

constexpr double turn_of_states = 5;  // seconds
constexpr double swing = 60;          // seconds of one period
constexpr std::int64_t first_count = 100'000;
constexpr double counts_per_second = 10;
constexpr std::int16_t factor = -1;  // of every scale register: 10^-1

ModbusValue::Format without_scaling(ModbusValue::Format format) {
  format.scale = 1;
  format.offset = 0;
  format.decimals.reset();
  format.factor_at.reset();
  format.value_at = 0;
  return format;
}

/// From 0 to 1 and back once in a period.
double triangle(double phase) {
  const double part = phase - std::floor(phase);
  return part < 0.5 ? 2 * part : 2 - 2 * part;
}

/// What a client may write: within its limits, on a step, in raw units.
double ramp(const ModbusSignal& signal, double phase) {
  const WriteLimits& limits = *signal.limits;
  double above = (limits.max - limits.min) * triangle(phase);
  if (limits.step) above = std::floor(above / *limits.step) * *limits.step;
  return (limits.min + above - signal.format.offset) / signal.format.scale;
}

/// The signal's raw value: a code, a count or a measured number.
Reading raw_at(const ModbusSignal& signal, double seconds, std::size_t index) {
  const ModbusValue::Format& format = signal.format;
  const auto turn = static_cast<std::size_t>(seconds / turn_of_states) + index;
  const double phase = seconds / swing + 0.1 * static_cast<double>(index);
  if (!format.states.empty())
    return int64_reading(0, 0, format.states[turn % format.states.size()].first);
  if (format.type == ModbusType::bits)
    return int64_reading(0, 0, static_cast<std::int64_t>(turn % (std::size_t{1} << format.bits)));
  if (format.kind() == Kind::boolean) return boolean_reading(0, 0, turn % 2 != 0);
  if (signal.limits) return float64_reading(0, 0, ramp(signal, phase));
  const double wave = std::sin(2 * std::numbers::pi * phase);
  if (info(format.type).shape == ModbusShape::real) return float64_reading(0, 0, 50 + 40 * wave);
  if (format.registers() > 1)
    return int64_reading(0, 0, first_count + std::llround(seconds * counts_per_second));
  return int64_reading(0, 0, std::llround(500 + 400 * wave));
}

/// A register as the device fills it, or back.
std::uint16_t in_order(Order order, std::uint16_t word) {
  return order == Order::big ? word : static_cast<std::uint16_t>(word << 8 | word >> 8);
}

}  // namespace

Motion::Motion(const ModbusDevice& device, ModbusUnit& unit)
    : texts_(64 * device.modbus_signals.size() + 64), unit_(unit) {
  for (const ModbusSignal& signal : device.modbus_signals)
    moved_.push_back({signal, ModbusValue(without_scaling(signal.format), texts_)});
  move(0);
}

void Motion::move(Duration elapsed) {
  const double seconds = static_cast<double>(elapsed) / second;
  for (std::size_t i = 0; i < moved_.size(); ++i)
    if (!held(moved_[i].signal)) put(moved_[i], seconds, i);
  for (const Moved& moved : moved_)  // last, because values share them and must agree
    if (const auto at = moved.signal.format.factor_at)
      unit_.set(moved.signal.table, static_cast<std::uint16_t>(moved.signal.point.address + *at),
                in_order(moved.signal.format.byte_order, static_cast<std::uint16_t>(factor)));
}

bool Motion::held(const ModbusSignal& signal) const {
  const unsigned width = holds_bits(signal.table) ? 1u : signal.format.registers();
  for (unsigned i = 0; i < width; ++i)
    if (unit_.written(signal.table, signal.point.address + signal.format.value_at + i)) return true;
  return false;
}

void Motion::put(Moved& moved, double seconds, std::size_t index) {
  const ModbusSignal& signal = moved.signal;
  const ModbusType type = signal.format.type;
  if (type == ModbusType::string) return put_text(signal);
  const Reading value = raw_at(signal, seconds, index);
  if (type == ModbusType::bit || type == ModbusType::bits)
    return put_bits(signal, static_cast<std::uint16_t>(value.bits));
  const Result<ModbusRegisters> registers = moved.raw.encode(signal.table, value);
  if (!registers) return;  // a code for "no value": the one before it stays
  for (std::size_t i = 0; i < registers.value().count; ++i)
    put_register(signal, i, registers.value().words[i]);
}

/// Others may have their bits in the same register.
void Motion::put_bits(const ModbusSignal& signal, std::uint16_t bits) {
  const ModbusValue::Format& format = signal.format;
  const auto address = static_cast<std::uint16_t>(signal.point.address + format.value_at);
  const unsigned mask = ((1u << format.bits) - 1) << format.bit;
  const unsigned word = in_order(format.byte_order, unit_.get(signal.table, address));
  const auto changed =
      static_cast<std::uint16_t>((word & ~mask) | (unsigned{bits} << format.bit & mask));
  put_register(signal, 0, in_order(format.byte_order, changed));
}

/// A string holds its signal's name, as far as there is room.
void Motion::put_text(const ModbusSignal& signal) {
  std::string text = signal.name;
  text.resize(2u * signal.format.registers(), '\0');
  for (std::size_t i = 0; i < signal.format.registers(); ++i) {
    const auto word = static_cast<std::uint16_t>(static_cast<std::uint8_t>(text[2 * i]) << 8 |
                                                 static_cast<std::uint8_t>(text[2 * i + 1]));
    put_register(signal, i, in_order(signal.format.byte_order, word));
  }
}

void Motion::put_register(const ModbusSignal& signal, std::size_t index, std::uint16_t value) {
  unit_.set(signal.table,
            static_cast<std::uint16_t>(signal.point.address + signal.format.value_at + index),
            value);
}

}  // namespace fieldweir
