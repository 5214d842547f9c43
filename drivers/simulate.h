// simulate: a device without hardware, and the specimen for a new driver. Waves that depend on seed
// and time only, so that a run can be repeated. Never fails to answer; without room in the ring it
// skips.
#pragma once

#include "drivers/drivers.h"

namespace fieldweir {

/// The row for the table in drivers.cc.
DriverKind simulate_driver();

}  // namespace fieldweir
