#include "drivers/drivers.h"

#include "drivers/modbus.h"
#include "drivers/mqtt.h"
#include "drivers/simulate.h"

namespace fieldweir {

Result<Reading> Driver::write(std::size_t, const Reading&, Time, const Stop&) {
  return error(Reason::refused, "signals of this driver cannot be written");
}

std::span<const DriverKind> driver_kinds() {
  static const DriverKind kinds[] = {
      modbus_tcp_driver(),
      modbus_rtu_driver(),
      mqtt_driver(),
      simulate_driver(),
  };
  return kinds;
}

}  // namespace fieldweir
