// signal: what can be configured of one Modbus signal: which value it is and how it is written in
// registers. Read while starting; then immutable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drivers/driver.h"
#include "drivers/modbus/plan.h"
#include "drivers/modbus/value.h"

namespace fieldweir {

struct ModbusSignal : SignalSettings {
  // as written
  ModbusTable table = ModbusTable::holding;
  std::int64_t address = 0;
  std::optional<ModbusType> type;
  std::optional<std::int64_t> bit;
  std::optional<double> scale;
  std::optional<double> offset;
  std::vector<std::int64_t> invalid;
  config::Reference poll;
  std::optional<Order> word_order;
  std::optional<Order> byte_order;

  // worked out
  ModbusPoint point{};
  ModbusValue::Format format;
  std::size_t group = 0;  // index into ModbusDevice::poll

  Kind kind() const override { return format.kind(); }
};

const config::Fields<ModbusSignal>& modbus_signal_fields();

/// The names of `Order` in YAML, at device and signal.
extern const std::vector<config::Choice<Order>> modbus_orders;

/// What is wrong with the value's description, or nothing.
std::string type_mistake(const ModbusSignal& signal, std::uint16_t max_read);

}  // namespace fieldweir
