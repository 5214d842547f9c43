// JournalReader: an uplink's own read-only connection to the journal. Owned by its Reader, that
// uplink's thread only. Opened when first needed: an uplink that keeps up never needs it. Each read
// is a transaction of one row, so that the writer's checkpoints are not held up.
//
// Names of earlier runs are loaded when the first of their batches is read: the one allocation
// after start, once per change of configuration in the backlog.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "buffer/dating.h"
#include "buffer/log_reader.h"

namespace fieldweir {

class JournalReader {
 public:
  explicit JournalReader(const Journal& journal) : journal_(journal) {}
  ~JournalReader() { close(); }

  struct Row {
    RowId id = 0;  // 0: there is none
    std::uint32_t rows = 0;
    std::span<const std::byte> payload;  // valid until done()
  };
  /// The first batch of `lane` behind `after`.
  Result<Row> next(Lane lane, Position after);
  void done() { next_.reset(); }

  /// The signals of an earlier run; nullptr if the journal does not know them.
  Result<const SignalTable*> signals(std::uint32_t epoch);

  /// Of an earlier run that began with a wrong clock; nullptr if nothing is known of it.
  Result<const RunClock*> clock(std::uint32_t epoch);

 private:
  Result<> open();
  void close();
  Result<> load(std::uint32_t epoch);

  const Journal& journal_;
  unsigned generation_ = 0;
  Database database_;
  Statement next_, run_, names_, state_;
  std::uint32_t epoch_ = 0;
  std::vector<std::byte> chunks_;  // of the run whose names are loaded
  std::unique_ptr<SignalTable> table_;
  std::uint32_t clock_epoch_ = 0;
  std::optional<RunClock> clock_;
};

}  // namespace fieldweir
