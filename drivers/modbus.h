// modbus: reads a Modbus device, one request per poll, so that the devices behind one
// endpoint take turns. Signals of a poll group are joined into few requests. A block that the
// device refuses (exception 2 or 3) is read signal by signal from then on, until the next connect.
#pragma once

#include "drivers/drivers.h"

namespace fieldweir {

/// The row for the table in drivers.cc.
DriverKind modbus_tcp_driver();

}  // namespace fieldweir
