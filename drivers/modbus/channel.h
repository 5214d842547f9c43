// ModbusPort, ModbusChannel: the bytes to and from one bus, whatever they mean. Owned by a link,
// bus thread only.
//
// The channel opens its port, keeps it or closes it as the endpoint's policy says, and waits: no
// call outlives its deadline, nor a stop request by more than a moment. It uses poll(2), so the
// number of descriptors that the process has open does not matter.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/clock.h"
#include "core/result.h"
#include "core/stop.h"
#include "drivers/modbus/endpoint.h"

namespace fieldweir {

/// Where a bus is reached: a TCP endpoint or a serial port.
class ModbusPort {
 public:
  virtual ~ModbusPort() = default;
  /// A connected descriptor that does not block; whoever asked closes it.
  virtual Result<int> open(Time deadline, const Stop& stop) = 0;
};

class ModbusChannel {
 public:
  ModbusChannel(const ModbusEndpoint& endpoint, std::unique_ptr<ModbusPort> port,
                const Clock& clock);
  ~ModbusChannel() { close(); }
  ModbusChannel(const ModbusChannel&) = delete;
  ModbusChannel& operator=(const ModbusChannel&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  /// Opens unless open, and pauses after that as configured.
  Result<> open(Time deadline, const Stop& stop);
  void close();
  /// After a failed request: what the other end has not taken yet is not to reach it later. A write
  /// that is reported as failed must not be carried out when the cable is back.
  void drop_unsent();
  /// ModbusLink::rest().
  Time rest(Time now, Time next);

  /// How many bytes have come, as soon as there are any; 0: none until `until`.
  /// Reason::not_connected if the peer or the port is gone.
  Result<std::size_t> read(std::span<std::uint8_t> room, Time until, const Stop& stop);
  Result<> write(std::span<const std::uint8_t> bytes, Time deadline, const Stop& stop);

 private:
  const std::unique_ptr<ModbusPort> port_;
  const Clock& clock_;
  const std::optional<Duration> close_after_;
  const Duration pause_after_connect_;
  int descriptor_ = -1;
  Time used_ = 0;  // when something was written last
};

/// Waits for poll(2) `events`; false if there was none until `until`.
Result<bool> wait_for(int descriptor, short events, Time until, const Clock& clock,
                      const Stop& stop);

/// "`what`: Connection refused"
Error system_error(const char* what, int code);

}  // namespace fieldweir
