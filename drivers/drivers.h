// drivers: the table of protocols. A new driver is one source file, one row here, one line in
// CMakeLists.txt and one folder of cases. Immutable; read while the gateway is built.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/signal_table.h"
#include "core/text_table.h"
#include "drivers/driver.h"
#include "transport/broker.h"
#include "transport/resolver.h"

namespace fieldweir {

/// What drivers share. Everything outlives them.
struct DriverContext {
  SignalTable& signals;
  TextTable& texts;
  const Clock& clock;
  Resolver& resolver;
  const Brokers& brokers;
  std::string gateway;  // gateway id, for client names
  Doorbell& doorbell;   // wakes the bus worker that will own the driver
  Random random;
};

/// A device with the id of its first signal.
struct DeviceSeat {
  const DeviceSettings& settings;
  SignalId first;
};

struct DriverKind {
  /// The key in a device's section that selects this driver: "modbus_tcp".
  std::string_view key;

  /// Reads the whole device section; nullptr if there were mistakes that leave nothing to build.
  std::unique_ptr<DeviceSettings> (*read)(const config::Node& device, config::Mistakes& mistakes);

  /// Devices with equal text share one bus, and so one worker: "modbus_tcp 192.0.2.10:502".
  std::string (*bus)(const DeviceSettings& device);

  /// The drivers of one bus, in the order of `devices`.
  std::vector<std::unique_ptr<Driver>> (*make)(std::span<const DeviceSeat> devices,
                                               const DriverContext& context);

  const std::vector<config::FieldInfo>& (*fields)();

  // --- all devices of one bus together; nullptr: there is nothing to say ---

  using BusDevices = std::span<const DeviceSettings* const>;

  void (*check_bus)(BusDevices devices, config::Mistakes& mistakes) = nullptr;

  /// No mistake, but worth a warning: a line, or nothing.
  std::string (*warn_of_bus)(BusDevices devices) = nullptr;

  /// For `check --explain`: lines, indented and ended.
  std::string (*explain_bus)(BusDevices devices) = nullptr;
};

std::span<const DriverKind> driver_kinds();

}  // namespace fieldweir
