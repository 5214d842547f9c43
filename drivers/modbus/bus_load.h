// bus_load: how much of a serial line's time the polls of its devices take. Pure.
#pragma once

#include <span>

#include "drivers/modbus/device.h"

namespace fieldweir {

/// Allowed for a device to begin its answer; what it really takes is not known beforehand.
inline constexpr Duration modbus_turnaround = 10 * millisecond;

/// What one read takes on a serial line: the silence before it, its request of 8 characters, the
/// turnaround, and its answer of 5 characters and the data. 0 on TCP, where the line is not known.
/// Source: MODBUS over Serial Line V1.02, section 2.5.1.
Duration line_time(const ModbusEndpoint& endpoint, const PlannedRead& read);

/// The share of the line that the polls of all devices on one bus take; 1 is all of it. Counted are
/// the reads of devices that refuse none; what is read once only is not.
double bus_load(std::span<const ModbusDevice* const> devices);

}  // namespace fieldweir
