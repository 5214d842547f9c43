// ModbusTcpLink: one connection to one Modbus TCP endpoint.
//
// Answers carry the number of their request. A whole frame with the number of an earlier request on
// this connection is a late or duplicate answer: discarded and counted, and waiting goes on.
// Anything else that is not exactly the answer closes the connection, because bytes that are still
// to come could be taken for a frame; the next call opens it again. That the peer closed while
// nothing was asked is no error.
#pragma once

#include <array>
#include <memory>

#include "drivers/modbus/channel.h"
#include "drivers/modbus/link.h"
#include "drivers/modbus/tcp_frame.h"

namespace fieldweir {

class ModbusTcpLink final : public ModbusLink {
 public:
  ModbusTcpLink(const ModbusEndpoint& endpoint, std::unique_ptr<ModbusPort> port,
                const Clock& clock);

  Result<> open(Time deadline, const Stop& stop) override;
  Result<ModbusAnswer> ask(const ModbusRequest& request, Time deadline, const Stop& stop) override;
  Time rest(Time now, Time next) override { return channel_.rest(now, next); }
  void close() override { channel_.close(); }

 private:
  Result<ModbusAnswer> exchange(const ModbusRequest& request, Time deadline, const Stop& stop);
  bool in_step(Time until, const Stop& stop);
  Result<ModbusAnswer> await(const ModbusRequest& request, Time deadline, const Stop& stop);
  Result<std::size_t> first_frame();
  void drop(std::size_t bytes);

  const Clock& clock_;
  const Duration quiet_;
  ModbusChannel channel_;
  std::uint16_t transaction_ = 0;  // of the request under way
  unsigned asked_ = 0;             // requests on this connection before it
  Time answered_ = 0;

  // what has arrived: up to one frame that is being given out, and the start of another
  std::array<std::uint8_t, 2 * modbus_frame_bytes> buffer_;
  std::size_t have_ = 0;
  std::size_t given_ = 0;
};

}  // namespace fieldweir
