// ServedBus: one endpoint of the field, seen from its devices: takes requests and answers for all
// units behind it. For `simulate`; one thread, which polls the descriptors. Bounded: connections
// beyond the 32nd are closed at once; bytes that are no request close a TCP connection and are
// dropped on a line.
#pragma once

#include <poll.h>

#include <map>
#include <vector>

#include "core/time.h"
#include "drivers/modbus/libmodbus.h"
#include "drivers/modbus/request_frame.h"

namespace fieldweir {

class ServedBus {
 public:
  /// Owns `descriptor`: a listening socket, or with `line` a serial port.
  ServedBus(ModbusFraming framing, int descriptor, bool line);
  ~ServedBus();
  ServedBus(const ServedBus&) = delete;
  ServedBus& operator=(const ServedBus&) = delete;

  void add(std::uint8_t number, ModbusUnit& unit) { units_[number] = &unit; }

  /// Adds what is to be waited for.
  void append_to(std::vector<pollfd>& waiting) const;
  /// Serves those of its descriptors that have something to say.
  void serve(const std::vector<pollfd>& ready, Time now);

  std::uint64_t answered() const { return answered_; }

 private:
  struct Peer {
    int descriptor;
    ModbusFrame bytes{};
    std::size_t have = 0;
    Time last = 0;
  };
  void accept_peer();
  bool take(Peer& peer, Time now);  // false: close it
  bool handle(const Peer& peer, std::span<const std::uint8_t> frame);
  bool allowed(const ReceivedRequest& request, const ModbusUnit& unit) const;

  const ModbusFraming framing_;
  int listening_ = -1;
  bool line_;
  ModbusServer server_;
  std::map<std::uint8_t, ModbusUnit*> units_;
  std::vector<Peer> peers_;
  std::uint64_t answered_ = 0;
};

}  // namespace fieldweir
