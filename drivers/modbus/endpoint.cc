#include "drivers/modbus/endpoint.h"

namespace fieldweir {

const config::Fields<ModbusEndpoint>& modbus_tcp_fields() {
  using namespace config;
  static const auto fields =
      Fields<ModbusEndpoint>("modbus_tcp")
          .text("host", &ModbusEndpoint::host, required, "host name or address")
          .integer("port", &ModbusEndpoint::port, {1, 65535}, optional, "TCP port")
          .integer("unit", &ModbusEndpoint::unit, {0, 255}, optional, "unit id behind the endpoint")
          .duration("timeout", &ModbusEndpoint::timeout, {10 * millisecond, minute}, optional,
                    "for one request and its answer")
          .integer("retries", &ModbusEndpoint::retries, {0, 5}, optional,
                   "further attempts of a request while the device is online")
          .later({"framing"});
  return fields;
}

std::string bus_of(const ModbusEndpoint& endpoint) {
  return "modbus_tcp " + endpoint.host + ":" + std::to_string(endpoint.port);
}

}  // namespace fieldweir
