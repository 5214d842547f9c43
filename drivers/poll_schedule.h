// PollSchedule: when the poll groups of one device are due. Owned by its driver, bus thread only;
// no clock, no I/O. Deadlines lie on a grid of absolute times (phase + n x interval), so they never
// drift; the phase is drawn once per group, so that devices with equal intervals do not poll in
// step. What comes late is polled once; the deadlines missed by then are counted, never queued.
#pragma once

#include <optional>
#include <vector>

#include "core/random.h"
#include "core/time.h"

namespace fieldweir {

class PollSchedule {
 public:
  /// One group per interval. Each is due at once for the first time.
  PollSchedule(const std::vector<Duration>& intervals, Random random);

  struct Due {
    std::size_t group;
    std::uint64_t skipped;  // deadlines of this group that passed unserved before this one
  };
  /// The group that waits longest, if one is due, and moves it to its first deadline after `now`.
  std::optional<Due> take(Time now);

  /// The earliest deadline; 0 means at once.
  Time next() const;

  /// Makes every group due at once (the device was away). Deadlines missed meanwhile still count.
  void restart();

 private:
  struct Group {
    Duration interval;
    Duration phase;
    Time next = 0;  // first deadline not yet served; 0: never polled
    bool at_once = true;
    Time due() const { return at_once ? 0 : next; }
  };
  std::vector<Group> groups_;
};

}  // namespace fieldweir
