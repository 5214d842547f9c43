// GapList: gap marks of one batch, one per reason, in fixed memory. What is lost for one reason
// while a batch is open is one gap; a reason for which there is no room joins the last one, so that
// its readings still count. A value type.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "buffer/gap_signals.h"
#include "core/reading.h"

namespace fieldweir {

/// Where readings were lost. `readings` is `unknown` after an unclean stop.
struct Gap {
  static constexpr std::uint64_t unknown = UINT64_MAX;
  Time from = 0;
  Time to = 0;
  std::uint64_t readings = 0;
  Reason reason = Reason::none;
  GapSignals signals{};

  friend bool operator==(const Gap&, const Gap&) = default;
};

class GapList {
 public:
  static constexpr std::size_t most = 16;

  void add(const Gap& gap) {
    Gap* same = std::find_if(gaps_.begin(), gaps_.begin() + size_,
                             [&](const Gap& g) { return g.reason == gap.reason; });
    if (same != gaps_.begin() + size_) return join(*same, gap);
    if (size_ == most) return join(gaps_[most - 1], gap);
    gaps_[size_++] = gap;
  }
  void add(const GapList& others) {
    for (const Gap& gap : others) add(gap);
  }
  void clear() { size_ = 0; }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const Gap* begin() const { return gaps_.data(); }
  const Gap* end() const { return gaps_.data() + size_; }

 private:
  static void join(Gap& into, const Gap& gap) {
    into.from = std::min(into.from, gap.from);
    into.to = std::max(into.to, gap.to);
    const bool unknown = into.readings == Gap::unknown || gap.readings == Gap::unknown;
    into.readings = unknown ? Gap::unknown : into.readings + gap.readings;
    const bool named = into.signals.known() && gap.signals.known();
    if (named)
      into.signals.add(gap.signals);
    else
      into.signals = {};
  }

  std::array<Gap, most> gaps_;
  std::size_t size_ = 0;
};

}  // namespace fieldweir
