// Worker: anything that runs, in bounded turns. A thread is a ten-line loop around one worker
// (WorkerThread); a simulated gateway is a ten-line loop around all of them with a fake clock.
// The gateway object owns workers, threads and doorbells, and destroys threads first.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "core/clock.h"
#include "core/stop.h"

namespace fieldweir {

/// Wakes one worker before its due time. Any thread rings; only the worker's loop answers.
/// Ringing twice before it is answered wakes once: the bell carries no count.
class Doorbell {
 public:
  void ring();
  /// Whether it was rung since last answered; answers it.
  bool answer();
  /// Until rung or for `longest`; answers it.
  void wait(Duration longest);

 private:
  std::mutex mutex_;
  std::condition_variable rung_changed_;
  bool rung_ = false;
};

class Worker {
 public:
  virtual ~Worker() = default;

  /// "bus boiler", "recorder": for logs, status and the thread's name.
  virtual std::string_view name() const = 0;

  /// Does a bounded amount of work; returns when it wants its next turn (`never`: when rung).
  /// A time not after `now` means at once, after others had their turn.
  virtual Time turn(Time now) = 0;

  /// What others ring when there is something for this worker.
  Doorbell& doorbell() { return doorbell_; }

  /// The shortest pause before a turn that is not due at once: what rings meanwhile becomes one
  /// turn. Waking a thread costs more than most turns do.
  virtual Duration rest() const { return 0; }

  /// The longest a turn may take, by its own deadlines. The watchdog adds 30 s and then gives up on
  /// the process; `never` for a worker whose delay a restart could not mend (the disk).
  virtual Duration longest_turn() const { return 5 * second; }

 private:
  Doorbell doorbell_;
};

/// Runs one worker until stopped. Joins in its destructor. A worker that runs out of memory ends
/// the process: what is accepted is safe, and the service manager starts it again.
class WorkerThread {
 public:
  WorkerThread(Worker& worker, const Clock& clock);
  ~WorkerThread();

  /// Ends the loop after the present turn; returns at once.
  void request_stop();
  bool ended() const { return ended_.load(std::memory_order_acquire); }

  /// When the present turn must be over, `never` while idle or unbounded. For the watchdog.
  Time busy_until() const { return busy_until_.load(std::memory_order_relaxed); }
  const Worker& worker() const { return worker_; }

 private:
  void run();
  Time turn(Time now);

  Worker& worker_;
  const Clock& clock_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ended_{false};
  std::atomic<Time> busy_until_{never};
  std::thread thread_;
};

}  // namespace fieldweir
