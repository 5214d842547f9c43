// ModbusRtuLink: RTU frames on a serial port, or through a serial device server on a TCP
// connection.
//
// An RTU answer does not say which request it belongs to, so silence has to: before each request
// the line is listened to until it has been quiet for the quiet time, and what comes meanwhile is
// discarded. A unit that did not answer may still do so, and its answer could be taken for that to
// a later request: it is left alone until two timeouts after the request (quiet_until()), while
// other units are asked; their answers name another unit. An answer that comes later than two
// timeouts cannot be recognised by anybody.
//
// After a failed request the rest of what comes is discarded like any other noise, and a TCP
// connection is closed as well. That the peer, or the port, went while nothing was asked is no
// error if it can be opened again at once.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "drivers/modbus/channel.h"
#include "drivers/modbus/link.h"
#include "drivers/modbus/rtu_frame.h"

namespace fieldweir {

class ModbusRtuLink final : public ModbusLink {
 public:
  ModbusRtuLink(const ModbusEndpoint& endpoint, std::unique_ptr<ModbusPort> port,
                const Clock& clock);

  Result<> open(Time deadline, const Stop& stop) override;
  Result<ModbusAnswer> ask(const ModbusRequest& request, Time deadline, const Stop& stop) override;
  Time quiet_until(std::uint8_t unit) const override { return quiet_until_[unit]; }
  Time rest(Time now, Time next) override { return channel_.rest(now, next); }
  void close() override { channel_.close(); }

 private:
  using Bytes = std::span<const std::uint8_t>;

  Result<> prepare(std::uint8_t unit, Time deadline, const Stop& stop);
  Result<> listen(Time least, Time deadline, const Stop& stop);
  Result<ModbusAnswer> exchange(const ModbusRequest& request, Time deadline, const Stop& stop);
  std::optional<Result<ModbusAnswer>> judge(const ModbusRequest& request, Bytes sent);
  void skip_echo(const ModbusRequest& request, Bytes sent);
  void drop(std::size_t bytes);

  const Clock& clock_;
  const Duration quiet_;
  const bool serial_;
  ModbusChannel channel_;
  std::array<Time, 256> quiet_until_{};   // by unit
  std::array<Duration, 256> timeouts_{};  // the longest that a unit was ever given
  Time heard_ = 0;                        // when the line was last not silent
  bool echoes_ = false;                   // the adapter hears what it sends

  // of the request under way
  bool echo_skipped_ = false;
  bool damaged_ = false;  // what it got is its answer, with a wrong checksum
  ModbusFrame buffer_;
  std::size_t have_ = 0;
};

}  // namespace fieldweir
