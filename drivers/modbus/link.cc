#include "drivers/modbus/link.h"

#include "drivers/modbus/rtu_link.h"
#include "drivers/modbus/serial_port.h"
#include "drivers/modbus/tcp_link.h"
#include "drivers/modbus/tcp_port.h"

namespace fieldweir {

std::unique_ptr<ModbusLink> make_modbus_link(const ModbusEndpoint& endpoint, Resolver& resolver,
                                             const Clock& clock) {
  if (!endpoint.serial.empty())
    return std::make_unique<ModbusRtuLink>(endpoint, std::make_unique<ModbusSerialPort>(endpoint),
                                           clock);
  auto port = std::make_unique<ModbusTcpPort>(endpoint, resolver, clock);
  if (endpoint.framing == ModbusFraming::rtu)
    return std::make_unique<ModbusRtuLink>(endpoint, std::move(port), clock);
  return std::make_unique<ModbusTcpLink>(endpoint, std::move(port), clock);
}

}  // namespace fieldweir
