// modbus: reads and writes Modbus devices. The parts are in drivers/modbus/: driver.h is one
// device, link.h the connection of a bus.
#pragma once

#include "drivers/drivers.h"

namespace fieldweir {

/// The rows for the table in drivers.cc.
DriverKind modbus_tcp_driver();
DriverKind modbus_rtu_driver();

}  // namespace fieldweir
