#include "drivers/modbus/link.h"

#include "drivers/modbus/tcp_link.h"

namespace fieldweir {

std::unique_ptr<ModbusLink> make_modbus_link(const ModbusEndpoint& endpoint, Resolver& resolver,
                                             const Clock& clock) {
  return std::make_unique<ModbusTcpLink>(endpoint.host, endpoint.port, resolver, clock);
}

}  // namespace fieldweir
