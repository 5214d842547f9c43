// expiry: batches whose newest reading is older than `buffer.max_age` go, oldest first, whoever
// still wants them. Recorder thread only.
//
// A batch of this run is as old as its readings. One of an earlier run is too, if both runs began
// with a synchronised clock; else it is as old as this run, at least (age.h). What was dated by a
// clock that was ahead is as old as the batch behind it, at least.
#pragma once

#include "buffer/dropping.h"

namespace fieldweir {

class Expiry {
 public:
  /// `epoch` is that of this run.
  Expiry(Duration max_age, const Ages& ages, std::uint32_t epoch)
      : max_age_(max_age), ages_(ages), epoch_(epoch) {}

  /// Whether it is time to look again: often enough that nothing stays for a twentieth longer, and
  /// at most once an hour.
  bool due(Time now) const { return now >= next_; }
  void done(Time now) { next_ = now + std::min(max_age_ / 20, hour); }

  /// Within the open transaction: drops what is too old, `most_rows` at most; whether there may be
  /// more.
  Result<bool> expire(Journal& journal, Tail& tail, const Owed& owed, Time now, Drops& drops);
  bool too_old(Duration age) const { return age > max_age_; }

  static constexpr std::size_t most_rows = 1'000;

 private:
  Result<Duration> age_of(Journal& journal, BatchHeader header, Time now);
  Result<Range> oldest(Journal& journal, Lane lane, const Stretch& stretch, Time now,
                       std::size_t& rows);

  const Duration max_age_;
  const Ages ages_;
  const std::uint32_t epoch_;
  RunRow run_;  // the one that was asked for last
  Time next_ = 0;
};

}  // namespace fieldweir
