// ModbusFaultyBus: a bus of Modbus units (all that are asked) whose wire is as bad as a seed makes
// it, on a thread of its own: a Modbus TCP server, a pseudo-terminal as a serial port, or a serial
// device server (RTU frames over TCP). What it sends is WireFaults' business; this is when and
// where to.
//
// RTU cannot tell a reply that comes after two timeouts, or a duplicate that comes after the quiet
// time, from the answer to a later request. The bus therefore sends nothing later than that; where
// the machine was so slow that it was late all the same, the request is marked `beyond`.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/stop.h"
#include "tests/support/modbus_wire_faults.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {

enum class WireKind : std::uint8_t { tcp, rtu, rtu_over_tcp };

class ModbusFaultyBus {
 public:
  struct Asked {
    WireRequest request;
    WireFault fault;
    bool beyond = false;   // sent later than RTU can tell
    bool stalled = false;  // sent later than the timeout after begin_turn()
  };

  struct Settings {
    WireKind kind;
    WireTimes times;
    double fault_share;  // of the requests
    bool refusals;       // exceptions 2 and 3 too
    std::uint64_t seed;
  };

  explicit ModbusFaultyBus(const Settings& settings);
  ~ModbusFaultyBus();
  ModbusFaultyBus(const ModbusFaultyBus&) = delete;
  ModbusFaultyBus& operator=(const ModbusFaultyBus&) = delete;

  int port() const { return port_; }
  /// Of the serial port: a link, as it is another pseudo-terminal after each disconnect.
  std::string path() const { return folder_.file("port"); }

  /// From now on all answers are right, until told otherwise.
  void pause_faults(bool paused);
  /// The one who asks begins a turn: what is asked in it is asked no earlier.
  void begin_turn();
  /// Waits until all that was asked has been heard; with `owed` also until all that is to be said
  /// has been said.
  void settle(bool owed);

  /// Requests heard so far. Number n, counted from 0, is answered with wire_value(..., n).
  std::size_t requests();
  Asked asked(std::size_t number);

 private:
  struct End {
    int descriptor;
    std::uint64_t name;
    std::vector<std::uint8_t> received;
    bool hung_up = false;  // a pseudo-terminal that nobody has open
  };
  struct Owed {
    Time at;
    Time until;
    std::uint64_t end;
    std::size_t number;
    std::vector<std::uint8_t> bytes;
    bool hang_up;
  };

  void run();
  void make_terminal();
  void accept_one();
  bool read(End& end);  // false: it is over
  void take(End& end);
  void send_due();
  void send(const Owed& owed);
  Time free_from(const End& end) const;
  Time latest(WireBound bound, Time now) const;
  Time next_due() const;
  bool serial() const { return settings_.kind == WireKind::rtu; }
  WireFraming framing() const {
    return settings_.kind == WireKind::tcp ? WireFraming::tcp : WireFraming::rtu;
  }

  const Settings settings_;
  const TempDir folder_{TempDir::in_memory};
  SystemClock clock_;
  int port_ = 0;
  int listener_ = -1;
  int bell_;

  // the bus thread's
  std::list<End> ends_;
  std::uint64_t end_names_ = 0;
  std::vector<Owed> owed_;
  WireFaults faults_;
  Random random_;

  // shared
  std::mutex mutex_;
  std::condition_variable settled_;
  std::uint64_t settle_wanted_ = 0;
  std::uint64_t settle_done_ = 0;
  bool nothing_owed_ = true;
  bool paused_ = false;
  Time turn_ = 0;
  std::vector<Asked> asked_;

  Stop quit_;
  std::thread thread_;
};

}  // namespace fieldweir
