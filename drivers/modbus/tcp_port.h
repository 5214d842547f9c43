// ModbusTcpPort: a TCP endpoint, by name or address. The name is looked up by the resolver, which
// may hang; this does not, beyond its deadline.
#pragma once

#include <string>

#include "drivers/modbus/channel.h"
#include "transport/resolver.h"

namespace fieldweir {

class ModbusTcpPort final : public ModbusPort {
 public:
  ModbusTcpPort(const ModbusEndpoint& endpoint, Resolver& resolver, const Clock& clock);
  Result<int> open(Time deadline, const Stop& stop) override;

 private:
  const std::string host_;
  const std::uint16_t port_;
  Resolver& resolver_;
  const Clock& clock_;
};

}  // namespace fieldweir
