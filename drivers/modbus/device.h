// device: what can be configured of a Modbus device, and what follows from it:
// zero-based addresses, orders and groups worked out, contradictions found. Built while starting;
// then immutable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drivers/driver.h"
#include "drivers/modbus/endpoint.h"
#include "drivers/modbus/signal.h"

namespace fieldweir {

/// How addresses are written: from 0, from 1, or 40001 style with the table as the first digit.
enum class Addressing : std::uint8_t { zero_based, one_based, modicon };

/// Signals that are read together.
struct ModbusGroup {
  std::string name;
  Duration interval = second;  // `never`: once after each connect
  bool aligned = false;        // to the wall clock
};

struct ModbusDevice : DeviceSettings {
  ModbusEndpoint endpoint;
  Addressing addressing = Addressing::zero_based;
  Order word_order = Order::big;
  Order byte_order = Order::big;
  std::vector<ModbusGroup> poll;  // and `once`, if a signal wants it
  std::uint16_t max_gap = 8;
  std::uint16_t max_read = 125;
  std::vector<ModbusSignal> modbus_signals;

  std::vector<const SignalSettings*> signals() const override;
  /// How a poll group is read, if the device refuses nothing. The order is of indices of signals.
  ModbusPlan plan(std::size_t group) const;
};

const config::Fields<ModbusDevice>& modbus_tcp_device_fields();
const config::Fields<ModbusDevice>& modbus_rtu_device_fields();

/// Fills what is worked out; false if something contradicts.
bool work_out(ModbusDevice& device, config::Mistakes& mistakes);

/// The zero-based form of an address, if there is such a place in the table.
std::optional<std::uint16_t> zero_based(Addressing addressing, ModbusTable table,
                                        std::int64_t written);

}  // namespace fieldweir
