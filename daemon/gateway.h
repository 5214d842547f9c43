// Gateway: the one object that owns everything, in the order of the data's path, and is the wiring
// diagram. Built by run() from checked settings; building may throw, running may not. Destroying it
// ends every thread; without stop() that is what a power cut is to it.
#pragma once

#include <memory>
#include <vector>

#include "buffer/log.h"
#include "core/latest_values.h"
#include "core/random.h"
#include "core/signal_table.h"
#include "core/stop.h"
#include "core/text_table.h"
#include "core/worker.h"
#include "daemon/command_worker.h"
#include "daemon/ledger_readings.h"
#include "daemon/seats.h"
#include "daemon/settings.h"
#include "drivers/bus_worker.h"
#include "pipeline/pipeline.h"
#include "transport/resolver.h"
#include "uplink/delivery.h"
#include "uplink/local_publisher.h"

namespace fieldweir {

class Gateway {
 public:
  /// `settings` and `clock` outlive the gateway.
  Gateway(const Settings& settings, const Clock& clock, Random random, const char* vfs = nullptr);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Gives every worker its thread.
  void start();

  /// Buses, pipeline flush, uplinks finish or abandon within `patience`, journal. Returns what the
  /// last commit said. Bounded by `patience` plus what the disk takes.
  Result<> stop(Duration patience);

  /// The first worker that overran the end of its turn by 30 s, or nullptr.
  const Worker* wedged() const;

  /// All workers in the order of the data's path: a simulation turns them itself.
  std::vector<Worker*> workers();
  /// The parts of stop() that are not about threads, for a simulation.
  void finish_pipeline();
  Result<> finish_log();

  // --- what status shows; any thread ---
  const Settings& settings() const { return settings_; }
  const Clock& clock() const { return clock_; }
  const SignalTable& signals() const { return signals_; }
  const TextTable& texts() const { return texts_; }
  const LatestValues& latest() const { return latest_; }
  const Log& log() const { return *log_; }
  const Pipeline& pipeline() const { return *pipeline_; }
  /// nullptr: no signal can be written.
  const CommandWorker* commands() const { return commands_.get(); }
  const LocalPublisher* local() const { return local_.get(); }
  /// For the command line; nullptr: no signal can be written. Main thread.
  CommandPort* command_port() { return command_line_; }
  struct Bus {
    std::unique_ptr<Ring<Reading>> ring;
    std::unique_ptr<BusWorker> worker;
  };
  const std::vector<Bus>& buses() const { return buses_; }
  const std::vector<std::unique_ptr<Delivery>>& deliveries() const { return deliveries_; }
  Time started() const { return started_; }

 private:
  void build_log(Random& random, const char* vfs);
  void build_buses(Random& random);
  void build_commands();
  bool remote(std::string_view signal) const;
  void build_pipeline();
  void build_uplinks(Random& random);
  bool owes_connected_uplinks() const;

  const Settings& settings_;
  const Clock& clock_;
  const Time started_;
  Stop field_stop_;  // buses
  Stop far_stop_;    // uplinks, local publisher: after the last readings had their chance

  const Seats seats_;
  SignalTable signals_;
  TextTable texts_;
  LatestValues latest_;
  Resolver resolver_;
  std::unique_ptr<CommandWorker> commands_;
  CommandPort* command_line_ = nullptr;
  CommandPort* local_commands_ = nullptr;
  std::vector<Bus> buses_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<LedgerReadings> ledger_readings_;  // where configured
  std::unique_ptr<Pipeline> pipeline_;
  std::vector<std::unique_ptr<Delivery>> deliveries_;
  std::unique_ptr<LocalPublisher> local_;

  // by the order in which they stop
  using Threads = std::vector<std::unique_ptr<WorkerThread>>;
  Threads bus_threads_;
  Threads commands_thread_;
  Threads pipeline_thread_;
  Threads far_threads_;
  Threads recorder_thread_;
};

}  // namespace fieldweir
