// BusWorker: owns the drivers of one bus and is the only producer of its ring. Runs on the bus's
// thread; status() may be called by any.
//
// A turn does one thing: opens or polls the device that is due first (devices that wait for the
// doorbell are looked at in every turn). Before that it executes one command, if there is one: a
// write waits for the request under way and for no poll, and polls go on between many writes. A
// device that fails is closed and tried again after a back-off, so it costs its bus at most one of
// its timeouts per back-off period. On the way out all its known signals are marked bad with the
// reason and `online` false, again once a minute while it is away; both are logged once. Without
// room in the ring a mark waits, and drivers skip and count polls.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/backoff.h"
#include "core/clock.h"
#include "core/signal_table.h"
#include "core/stop.h"
#include "core/worker.h"
#include "drivers/device_pace.h"
#include "drivers/driver.h"

namespace fieldweir {

enum class DeviceState : std::uint8_t { connecting, online, offline };
std::string_view to_string(DeviceState state);

struct DeviceStatus {
  std::string_view device;  // valid as long as the worker
  DeviceState state;
  Error last_error;  // reason none: there was none
  Time last_error_time;
  Time last_good;  // end of the last poll that was answered; 0: never
  std::uint64_t polls;
  std::uint64_t skipped;
  std::uint64_t discarded;  // see Driver
  std::uint64_t holes;
  std::array<std::uint64_t, reason_count> errors;
  double requested;  // polls per second; 0: none are asked for
  double achieved;   // over the last ten seconds or more
  Duration p50;      // of what answered polls took; see LatencyHistogram
  Duration p95;
  Duration p99;
};

class BusWorker final : public Worker {
 public:
  /// `name`: "bus press".
  BusWorker(std::string name, const SignalTable& signals, const Clock& clock, const Stop& stop,
            Ring<Reading>& ring, Doorbell& pipeline, Random random);

  /// While building: a device whose signals are [first, first + count), with its boolean health
  /// signal.
  void add(std::unique_ptr<Driver> driver, std::string device, SignalId first, std::size_t count,
           SignalId online);

  /// While building: where its commands come from. Without them nothing of it is ever written.
  void obey(BusCommands& commands) { commands_ = &commands; }

  std::string_view name() const override { return name_; }
  Time turn(Time now) override;
  Duration longest_turn() const override { return longest_turn_; }

  const BusAccount& account() const { return account_; }
  std::vector<DeviceStatus> status() const;

 private:
  struct Device {
    std::unique_ptr<Driver> driver;
    const std::string name;
    const SignalId first;
    const std::size_t count;
    const SignalId online;
    Backoff backoff;

    bool open = false;
    Time due = 0;
    Time mark = never;  // when its signals are to be marked bad

    // for status
    std::atomic<DeviceState> state{DeviceState::connecting};
    std::atomic<Time> last_good{0};
    LatencyHistogram latency;
    PaceMeter pace;
    Counter polls;
    ReasonCounts errors;
    mutable std::mutex error_mutex;
    Error last_error;
    Time last_error_time = 0;
  };

  bool obey_one();
  Result<Reading> write(const Command& command);
  void serve(Device& device, Time now);
  void answered(Device& device, Time started, Time due);
  void failed(Device& device, const Error& why);
  void mark_bad(Device& device, Time now);

  const std::string name_;
  const SignalTable& signals_;
  const Clock& clock_;
  const Stop& stop_;
  BusAccount account_;
  Sink sink_;
  BusCommands* commands_ = nullptr;
  Random random_;
  std::deque<Device> devices_;  // a deque, because a device cannot be moved
  Duration longest_turn_ = second;
};

}  // namespace fieldweir
