// ModbusTcpLink: one connection to one Modbus TCP endpoint. Anything that is not exactly the answer
// closes the connection, because bytes that are still to come would be taken for the next answer;
// the next call opens it again. The only file that includes libmodbus is tcp_link.cc.
#pragma once

#include <memory>
#include <string>

#include "drivers/modbus/link.h"

namespace fieldweir {

class ModbusTcpLink final : public ModbusLink {
 public:
  ModbusTcpLink(std::string host, std::uint16_t port, Resolver& resolver, const Clock& clock);
  ~ModbusTcpLink();
  ModbusTcpLink(const ModbusTcpLink&) = delete;
  ModbusTcpLink& operator=(const ModbusTcpLink&) = delete;

  Result<> open(Time deadline, const Stop& stop) override;
  Result<ModbusAnswer> ask(const ModbusRequest& request, Time deadline, const Stop& stop) override;
  void close() override;

 private:
  struct Library;  // libmodbus' context and its buffer

  Result<> connect_to(const Resolver::Address& address, Time deadline, const Stop& stop);
  Result<> send(std::uint16_t transaction, const ModbusRequest& request);
  Result<> wait_for_frame(Time deadline, const Stop& stop);
  void wake_at(std::size_t bytes) const;
  Result<> wait_until(short events, Time deadline, const Stop& stop) const;
  Result<std::span<const std::uint8_t>> receive();

  const std::string host_;
  const std::uint16_t port_;
  Resolver& resolver_;
  const Clock& clock_;
  std::unique_ptr<Library> library_;
  int socket_ = -1;
  std::uint16_t transaction_ = 0;
};

}  // namespace fieldweir
