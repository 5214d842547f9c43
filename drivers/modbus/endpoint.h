// endpoint: where a Modbus device is and how it is spoken to: the sections `modbus_tcp` and
// `modbus_rtu` of a device. Read while starting; then immutable.
#pragma once

#include <string>

#include "config/fields.h"
#include "core/time.h"

namespace fieldweir {

struct ModbusEndpoint {
  // of the bus
  std::string host;
  std::uint16_t port = 502;
  // of the device
  std::uint8_t unit = 1;
  Duration timeout = second;
  int retries = 1;
};

const config::Fields<ModbusEndpoint>& modbus_tcp_fields();

/// Devices with equal text share a bus: "modbus_tcp 192.0.2.10:502".
std::string bus_of(const ModbusEndpoint& endpoint);

}  // namespace fieldweir
