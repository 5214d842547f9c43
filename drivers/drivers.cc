#include "drivers/drivers.h"

#include "drivers/modbus_tcp.h"
#include "drivers/mqtt.h"
#include "drivers/simulate.h"

namespace fieldweir {

std::span<const DriverKind> driver_kinds() {
  static const DriverKind kinds[] = {
      modbus_tcp_driver(),
      mqtt_driver(),
      simulate_driver(),
  };
  return kinds;
}

}  // namespace fieldweir
