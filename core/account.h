// Accounts: the counts of promise 2 at the places where they arise. Each worker owns its own
// account and is its only writer; buffer/ledger sums and stores them. Monotonic within a run.
//
//   field side:  sampled + derived = filtered + lost_before_batch + batched   (at rest)
//   per uplink:  batched = not_selected + delivered + queued + dropped + dead_lettered
#pragma once

#include <array>

#include "core/counter.h"
#include "core/reading.h"

namespace fieldweir {

struct ReasonCounts {
  std::array<Counter, reason_count> by_reason;
  Counter& operator[](Reason reason) { return by_reason[static_cast<std::size_t>(reason)]; }
  const Counter& operator[](Reason reason) const {
    return by_reason[static_cast<std::size_t>(reason)];
  }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const Counter& count : by_reason) sum += count.get();
    return sum;
  }
};

/// Of one bus: readings that its drivers produced, and those that found the ring full.
struct BusAccount {
  Counter sampled;  // includes `lost`
  ReasonCounts lost;
};

/// Of the pipeline.
struct PipelineAccount {
  Counter derived;  // readings made by windows, and the gateway's own
  Counter
      filtered;  // readings that a stage held back or used up; per stage in the pipeline's status
};

}  // namespace fieldweir
