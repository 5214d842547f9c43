// ModbusLink: one connection to one Modbus TCP endpoint, shared by the devices (units) behind it.
// Owned by their drivers, bus thread only. Knows nothing of signals or schedules.
//
// One request is under way at a time. Whatever is not exactly the answer to it (silence, a torn or
// foreign frame, a lost connection) closes the connection, because bytes that are still to come
// would be taken for the next answer; the next call opens it again. An exception is an answer. The
// only file that includes libmodbus is modbus_link.cc.
#pragma once

#include <memory>
#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "core/stop.h"
#include "drivers/modbus_frame.h"
#include "transport/resolver.h"

namespace fieldweir {

class ModbusLink {
 public:
  ModbusLink(std::string host, std::uint16_t port, Resolver& resolver, const Clock& clock);
  ~ModbusLink();
  ModbusLink(const ModbusLink&) = delete;
  ModbusLink& operator=(const ModbusLink&) = delete;

  /// Connects unless connected.
  Result<> open(Time deadline, const Stop& stop);

  /// Asks and waits for the verified answer, connecting first if need be. The data stay valid until
  /// the next call. Ends by the deadline, and within 100 ms of a stop request.
  Result<ModbusAnswer> read(const ModbusRead& read, Time deadline, const Stop& stop);

  void close();

 private:
  struct Library;  // libmodbus' context and its buffer

  Result<> connect_to(const Resolver::Address& address, Time deadline, const Stop& stop);
  Result<> send(std::uint16_t transaction, const ModbusRead& read);
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
