// mqtt: a device that publishes its values to a broker; also how other programs at the site feed
// the gateway. Each has a bus and a connection of its own. Received messages wait in the client's
// bounded inbox and are read here, on the bus thread. Without room in the ring it waits 10 ms, then
// readings are dropped and counted; so are messages for which the inbox had no room.
#pragma once

#include "drivers/drivers.h"

namespace fieldweir {

/// The row for the table in drivers.cc.
DriverKind mqtt_driver();

}  // namespace fieldweir
