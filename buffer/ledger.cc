#include "buffer/ledger.h"

#include <numeric>

#include "buffer/tail.h"

namespace fieldweir {
namespace {

std::uint64_t sum(const ByReason& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace

std::uint64_t FieldTotals::lost_total() const { return sum(lost); }

std::uint64_t FieldTotals::under_way() const {
  const std::uint64_t in = sampled + derived;
  const std::uint64_t out = filtered + lost_total() + batched;
  return in > out ? in - out : 0;
}

std::uint64_t UplinkTotals::dropped_total() const { return sum(dropped); }

bool UplinkTotals::balanced() const {
  return batched == not_selected + delivered + queued + dropped_total() + dead_lettered;
}

void Ledger::resume(FieldTotals earlier) {
  earlier.lost[static_cast<std::size_t>(Reason::unclean_stop)] += earlier.under_way();
  earlier_ = earlier;
}

FieldTotals Ledger::totals() const { return totals(tail_.batched()); }

// From the end of the path to its start, so that what moves meanwhile is seen as under way and
// never twice.
FieldTotals Ledger::totals(std::uint64_t batched) const {
  FieldTotals totals = earlier_;
  totals.batched += batched;
  for (const PipelineAccount* account : pipelines_) {
    totals.filtered += account->filtered.get();
    totals.derived += account->derived.get();
  }
  for (const BusAccount* account : buses_) {
    for (std::size_t i = 0; i < reason_count; ++i)
      totals.lost[i] += account->lost.by_reason[i].get();
    totals.sampled += account->sampled.get();
  }
  return totals;
}

}  // namespace fieldweir
