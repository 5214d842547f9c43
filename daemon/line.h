// Line: how a commissioning command asks a device: one request at a time, until Ctrl-C. Owned by
// the command, main thread; at most one at a time, because Ctrl-C is the process's. While it lives
// SIGINT and SIGTERM are stop requests.
#pragma once

#include <memory>

#include "core/clock.h"
#include "core/stop.h"
#include "drivers/modbus/link.h"

namespace fieldweir {

class Line {
 public:
  /// Looks the host's name up, for as long as that takes; throws if there is none.
  explicit Line(ModbusEndpoint endpoint);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  /// Waits for the answer for the endpoint's timeout, once; no retries.
  Result<ModbusAnswer> ask(const ModbusRequest& request);
  Result<ModbusAnswer> read(ModbusTable table, std::uint16_t address, unsigned count);

  /// False if Ctrl-C came first.
  bool pause(Duration duration) const;
  bool stopped() const { return stop_.requested(); }
  const Clock& clock() const { return clock_; }
  const ModbusEndpoint& endpoint() const { return endpoint_; }

 private:
  const ModbusEndpoint endpoint_;
  const SystemClock clock_;
  Stop stop_;
  Resolver resolver_;
  std::unique_ptr<ModbusLink> link_;
};

/// What is wrong and what to try, for a request that was not answered.
std::string explain_silence(const Error& error, const ModbusEndpoint& endpoint);

}  // namespace fieldweir
