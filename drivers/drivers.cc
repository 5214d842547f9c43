#include "drivers/drivers.h"

#include "drivers/simulate.h"

namespace fieldweir {

std::span<const DriverKind> driver_kinds() {
  static const DriverKind kinds[] = {
      simulate_driver(),
  };
  return kinds;
}

}  // namespace fieldweir
