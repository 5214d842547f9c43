// explain: what the polls of the devices on one bus come to, for people: the requests of each group
// and, on a serial line, how much of it they take. Pure.
#pragma once

#include <string>
#include <string_view>

#include "drivers/modbus/bus_load.h"

namespace fieldweir {

/// Mistakes that only the devices of a bus together can make: they contradict each other about the
/// bus, or their polls do not fit on it.
void check_bus(std::span<const ModbusDevice* const> devices, config::Mistakes& mistakes);

/// What is no mistake but should be known; empty: nothing. Ends without a full stop.
std::string bus_warning(std::span<const ModbusDevice* const> devices);

/// Lines, each ending with a line feed.
std::string explain_bus(std::span<const ModbusDevice* const> devices);

}  // namespace fieldweir
