// LedgerReadings: the ledger as signals of the gateway itself, delivered like any others, so that
// who sees the far side only can check both equations. Owned by the gateway object; asked on the
// pipeline thread, which also closes batches: in every report the five counts of an uplink add up
// to `batched`. Allocates nothing after construction.
//
//   gateway.sampled|derived|filtered|lost|batched
//   gateway.uplinks.<name>.not_selected|delivered|queued|dropped|dead_lettered
//
// A report says how it was just before it. Its own readings are derived ones, as those of windows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "buffer/log.h"
#include "core/memory_plan.h"
#include "pipeline/pipeline.h"

namespace fieldweir {

/// The signals' names in the order of their ids.
std::vector<std::string> ledger_signals();
std::vector<std::string> ledger_signals_of(std::string_view uplink);

class LedgerReadings final : public OwnReadings {
 public:
  /// `first`: id of the first signal; `uplinks`: how many the log has.
  LedgerReadings(const Log& log, std::size_t uplinks, SignalId first, Duration every);

  static void add_to(MemoryPlan& memory, std::size_t uplinks);

  /// At the first turn of a run, then every so often.
  Time due() const override { return due_; }
  std::span<const Reading> take(Time now) override;

 private:
  const Log& log_;
  const std::size_t uplinks_;
  const SignalId first_;
  const Duration every_;
  Time due_ = INT64_MIN;
  std::vector<Reading> report_;
};

}  // namespace fieldweir
