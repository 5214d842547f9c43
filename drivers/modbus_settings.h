// modbus_settings: what can be configured of a Modbus TCP device, and what follows from it:
// zero-based addresses, orders and groups worked out, contradictions found. Built while starting;
// then immutable.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "drivers/driver.h"
#include "drivers/modbus_plan.h"
#include "drivers/modbus_value.h"

namespace fieldweir {

/// How addresses are written: from 0, from 1, or 40001 style with the table as the first digit.
enum class Addressing : std::uint8_t { zero_based, one_based, modicon };

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
  std::size_t group = 0;  // index into ModbusTcpDevice::poll

  Kind kind() const override { return ModbusValue(format).kind(); }
};

struct ModbusEndpoint {
  std::string host;
  std::uint16_t port = 502;
  std::uint8_t unit = 1;
  Duration timeout = second;
  int retries = 1;
};

struct ModbusTcpDevice : DeviceSettings {
  ModbusEndpoint modbus_tcp;
  Addressing addressing = Addressing::zero_based;
  Order word_order = Order::big;
  Order byte_order = Order::big;
  std::vector<std::pair<std::string, Duration>> poll;
  std::uint16_t max_gap = 8;
  std::uint16_t max_read = 125;
  std::vector<ModbusSignal> modbus_signals;

  std::vector<const SignalSettings*> signals() const override;
};

const config::Fields<ModbusTcpDevice>& modbus_tcp_fields();

/// Fills what is worked out; false if something contradicts.
bool work_out(ModbusTcpDevice& device, config::Mistakes& mistakes);

/// The zero-based form of an address, if there is such a place in the table.
std::optional<std::uint16_t> zero_based(Addressing addressing, ModbusTable table,
                                        std::int64_t written);

}  // namespace fieldweir
