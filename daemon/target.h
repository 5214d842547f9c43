// target: the device that a commissioning command speaks to, from the command line or from a
// configuration. What stands on the command line is put into the words of a configuration and read
// by the driver itself, so that both know the same fields, limits and messages, and what works on
// the command line can be pasted. Main thread.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "drivers/modbus/device.h"
#include "drivers/modbus/survey.h"

namespace fieldweir {

/// As given; empty: not given.
struct TargetOptions {
  std::string address;  // "192.0.2.10", "192.0.2.10:502", "[::1]:502", "/dev/ttyUSB0"
  std::string unit;
  std::string timeout;
  std::string framing;
  std::string baud;
  std::string format;
  std::string addressing;
  std::string word_order;
  std::string byte_order;

  std::string config;  // instead of all that:
  std::string device;  // a device of this file
};

/// A command that cannot be done as it was given: what() says why and the mend, `status` is the
/// exit status.
struct Refused : std::runtime_error {
  Refused(int exit_status, const std::string& why) : std::runtime_error(why), status(exit_status) {}
  int status;
};

/// The endpoint in the words of a configuration: `modbus_tcp: {host: "192.0.2.10", unit: 3}`.
std::string endpoint_section(const TargetOptions& options);

/// What would have to be given for this endpoint.
TargetOptions options_of(const ModbusEndpoint& endpoint);

/// The device, from the file with all its signals, from the command line with none. Throws Refused.
std::unique_ptr<ModbusDevice> find_target(const TargetOptions& options);

/// Gives the device these signals instead of its own: entries of the list in the words of a
/// configuration. Throws Refused.
void use_signals(ModbusDevice& device, const std::string& signals);

struct TablePlace {
  ModbusTable table;
  std::uint16_t address;  // zero-based
};

/// {"holding", "100"}, as the device's addressing says. Throws Refused.
TablePlace find_place(const ModbusDevice& device, const std::vector<std::string>& words);

struct TableRange {
  ModbusTable table;
  ModbusRange range;  // zero-based
};

/// "holding", "100..199" or "100", as the device's addressing says. Throws Refused.
TableRange find_range(const ModbusDevice& device, const std::string& table,
                      const std::string& range);

/// "1..32" or "7", from 0 to `most`. Throws Refused.
ModbusRange written_range(const std::string& text, unsigned most);

/// "100" or "0x64". Throws Refused.
std::int64_t written_number(const std::string& text);

}  // namespace fieldweir
