#include "drivers/modbus/bus_load.h"

namespace fieldweir {

Duration line_time(const ModbusEndpoint& endpoint, const PlannedRead& read) {
  const Duration character = character_time(endpoint);
  if (character == 0) return 0;
  const ModbusRequest request{.function = reading(read.table), .count = read.count};
  const auto characters = static_cast<Duration>(8 + 5 + data_bytes(request));
  return quiet_time(endpoint) + characters * character + modbus_turnaround;
}

double bus_load(std::span<const ModbusDevice* const> devices) {
  double load = 0;
  for (const ModbusDevice* device : devices)
    for (std::size_t g = 0; g < device->poll.size(); ++g) {
      if (device->poll[g].interval == never) continue;
      Duration busy = 0;
      for (const PlannedRead& read : device->plan(g).reads)
        busy += line_time(device->endpoint, read);
      load += static_cast<double>(busy) / static_cast<double>(device->poll[g].interval);
    }
  return load;
}

}  // namespace fieldweir
