// ModbusLink: the connection of one bus, shared by the devices (units) behind it. Owned by their
// drivers, bus thread only. Knows nothing of signals or schedules.
//
// One request is under way at a time. Whatever is not exactly the answer to it (silence, a torn or
// foreign frame, a lost connection) is an Error, and what follows it on the wire is never taken for
// the answer to a later request. An exception is an answer.
#pragma once

#include <memory>

#include "core/clock.h"
#include "core/counter.h"
#include "core/result.h"
#include "core/stop.h"
#include "drivers/modbus/endpoint.h"
#include "drivers/modbus/frame.h"
#include "transport/resolver.h"

namespace fieldweir {

class ModbusLink {
 public:
  virtual ~ModbusLink() = default;

  /// Connects unless connected.
  virtual Result<> open(Time deadline, const Stop& stop) = 0;

  /// Asks and waits for the verified answer, connecting first if need be. The data stay valid until
  /// the next call. Ends by the deadline, and within 100 ms of a stop request.
  virtual Result<ModbusAnswer> ask(const ModbusRequest& request, Time deadline,
                                   const Stop& stop) = 0;

  /// Before this time `unit` must not be asked again: an answer that it still owes could be taken
  /// for the next. 0: at once. Other units may be asked meanwhile.
  virtual Time quiet_until(std::uint8_t) const { return 0; }

  /// Whoever polled has nothing more to ask until `next`: closes the connection if its policy says
  /// so. Returns when it wants to be told again, `never` if not.
  virtual Time rest(Time now, Time next) {
    static_cast<void>(now), static_cast<void>(next);
    return never;
  }

  virtual void close() = 0;

  /// Frames that were no answer to what was asked: late, duplicate or foreign. Discarded.
  Counter discarded;
};

/// The link for the endpoint's kind of bus.
std::unique_ptr<ModbusLink> make_modbus_link(const ModbusEndpoint& endpoint, Resolver& resolver,
                                             const Clock& clock);

}  // namespace fieldweir
