// Log: tail and journal together, with a cursor per uplink. Owned by the gateway object; the parts
// run on other threads: `output` on the pipeline's, `recorder` on its own, `reader(i)` on uplink
// i's.
//
// Batches are closed into the tail and offered to uplinks at once; the recorder writes to the
// journal what not every uplink acknowledges within `persist_after`. A disk that is full, stalled,
// read-only or broken never stops polling or delivery: the tail goes on, the status says so, the
// recorder tries again. What does not fit is dropped, oldest of the lowest lane first, and leaves a
// gap mark.
//
// Construction throws std::runtime_error only if another process uses the same journal. Destroying
// a Log without stop() is what a power cut is to it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "buffer/journal.h"
#include "buffer/ledger.h"
#include "buffer/log_reader.h"
#include "buffer/settings.h"
#include "buffer/status.h"
#include "core/clock.h"
#include "core/memory_plan.h"
#include "core/output.h"
#include "core/random.h"
#include "core/signal_table.h"
#include "core/text_table.h"
#include "core/worker.h"

namespace fieldweir {

/// What the log borrows. Everything outlives it.
struct LogContext {
  const SignalTable& signals;  // complete but for claims
  const TextTable& texts;
  const Clock& clock;
  Random random;
  const char* vfs = nullptr;  // SQLite's file layer; nullptr is its default. Tests put theirs here
  FreeBytes free_bytes = free_bytes_of_disk;
};

class Log {
 public:
  /// `uplinks`: the names of those that are enabled; reader(i) belongs to uplinks[i].
  Log(const BatchSettings& batch, const BufferSettings& buffer, std::vector<std::string> uplinks,
      const LogContext& context);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  static void plan(const BatchSettings& batch, const BufferSettings& buffer, std::size_t uplinks,
                   std::size_t signals, MemoryPlan& plan);

  /// Slots of the tail: 2 MiB of them, but 16 at least and 128 at most.
  static std::size_t tail_slots(const BatchSettings& batch);

  Output& output();
  Worker& recorder();
  LogReader& reader(std::size_t uplink);
  Ledger& ledger();
  const Ledger& ledger() const;

  /// While building: rung when a batch was closed.
  void ring_when_closed(Doorbell& doorbell);

  /// After all threads that use the log have ended: writes what is still owed, cursors and ledger. On
  /// a disk without room that succeeds nevertheless if every uplink has everything.
  Result<> stop(Time now);

  /// Any thread.
  LogStatus status() const;
  UplinkTotals uplink_totals(std::size_t uplink) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace fieldweir
