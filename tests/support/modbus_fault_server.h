// ModbusFaultServer: a Modbus TCP device that misbehaves as told, on a thread of its own and a free
// port of the loopback. Every register it serves depends on address and request, so that a value
// that belongs elsewhere or to an earlier request gives itself away; answers that are wrong on
// purpose carry values that are wrong, too.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "core/stop.h"

namespace fieldweir {

enum class ModbusFault {
  none,
  silence,  // accepts and never answers
  wrong_transaction,
  wrong_protocol,
  wrong_length,       // the header announces one byte more than there is
  impossible_length,  // more than any frame has
  wrong_unit,
  wrong_function,
  wrong_count,      // one register less than was asked for, in a frame that agrees with itself
  lying_count,      // a byte count beyond the frame's end
  late,             // a right answer, 150 ms later
  dribble,          // a right answer, a byte every 2 ms
  stalled_dribble,  // a byte every 80 ms
  torn,             // half an answer, then the connection is closed
  hang_up,          // closes instead of answering
  twice,            // the same answer two times
  once_then_close,  // a right answer, then the connection is closed
  illegal_address,  // exceptions
  busy,
  target_silent,  // exception 11, as a gateway for a device that is away
};

class ModbusFaultServer {
 public:
  ModbusFaultServer();
  ~ModbusFaultServer();
  ModbusFaultServer(const ModbusFaultServer&) = delete;
  ModbusFaultServer& operator=(const ModbusFaultServer&) = delete;

  int port() const { return port_; }
  void set(ModbusFault fault) { fault_ = fault; }
  /// Reads that include this address are refused with exception 2; -1: none.
  void set_hole(int address) { hole_ = address; }
  /// Only this unit answers; 0: all do.
  void set_only_unit(int unit) { only_unit_ = unit; }

  /// Requests so far. The n-th request's answer holds value(address, n).
  std::uint32_t requests() const { return requests_; }
  std::uint32_t connections() const { return connections_; }
  static std::uint16_t value(std::uint16_t address, std::uint32_t request) {
    return static_cast<std::uint16_t>(address * 31 + request * 257);
  }

 private:
  void run();
  bool serve(int client);  // false: the connection is over
  std::vector<std::uint8_t> answer(const std::uint8_t* request, ModbusFault fault);
  bool send(int client, const std::vector<std::uint8_t>& frame, ModbusFault fault);
  bool pause(int milliseconds);  // false: the server is ending

  int port_ = 0;
  int listener_;
  std::atomic<ModbusFault> fault_{ModbusFault::none};
  std::atomic<int> hole_{-1};
  std::atomic<int> only_unit_{0};
  std::atomic<std::uint32_t> requests_{0};
  std::atomic<std::uint32_t> connections_{0};
  Stop quit_;
  std::thread thread_;
};

/// A port of the loopback where a connection attempt gets no answer at all, as from a host that is
/// off.
class BlackHole {
 public:
  BlackHole();
  ~BlackHole();
  int port() const { return port_; }

 private:
  std::vector<int> sockets_;
  int port_ = 0;
};

}  // namespace fieldweir
