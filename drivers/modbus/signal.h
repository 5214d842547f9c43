// signal: what can be configured of one Modbus signal: which value it is and how it is written in
// registers. Read while starting; then immutable.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "drivers/driver.h"
#include "drivers/modbus/plan.h"
#include "drivers/modbus/value.h"

namespace fieldweir {

/// `write:` as written. What follows from it is in ModbusSignal::limits.
struct ModbusWriteSection {
  std::optional<double> min;
  std::optional<double> max;
  std::optional<double> step;
  Duration every = 0;
  config::Place place;
};

struct ModbusSignal : SignalSettings {
  // as written
  ModbusTable table = ModbusTable::holding;
  std::int64_t address = 0;
  std::optional<ModbusType> type;
  std::optional<std::int64_t> bit;
  std::optional<std::int64_t> bits;
  std::optional<std::int64_t> length;
  std::optional<double> scale;
  std::optional<double> offset;
  std::optional<std::int64_t> scale_register;
  std::optional<std::int64_t> decimals;
  std::vector<std::pair<std::int64_t, std::string>> states;
  std::vector<std::int64_t> invalid;
  config::Reference poll;
  std::optional<Order> word_order;
  std::optional<Order> byte_order;
  std::optional<ModbusWriteSection> write;

  // worked out
  ModbusPoint point{};
  ModbusValue::Format format;
  std::size_t group = 0;  // index into ModbusDevice::poll
  std::optional<WriteLimits> limits;

  Kind kind() const override { return format.kind(); }
  std::size_t texts() const override { return std::max(SignalSettings::texts(), states.size()); }
  const WriteLimits* writable() const override { return limits ? &*limits : nullptr; }
};

const config::Fields<ModbusSignal>& modbus_signal_fields();

/// The names of `Order` in YAML, at device and signal.
extern const std::vector<config::Choice<Order>> modbus_orders;

/// What is wrong with the value's description, or nothing.
std::string type_mistake(const ModbusSignal& signal);

/// The format that the fields describe; the orders are the device's.
ModbusValue::Format format_of(const ModbusSignal& signal, Order word_order, Order byte_order);

/// Gives the signal its place: zero-based, with the register of its scale factor if it has one. The
/// two are one point, since they are true only together. What is wrong with it, or nothing.
std::string locate(ModbusSignal& signal, std::uint16_t address, std::optional<std::uint16_t> factor,
                   std::uint16_t max_read);

/// Fills `limits` from `write`, with the format known. What is wrong with it, or nothing.
std::string work_out_limits(ModbusSignal& signal);

}  // namespace fieldweir
