// PollSchedule: when the poll groups of one device are due. Owned by its driver, bus thread only;
// no clock, no I/O. Deadlines lie on a grid of absolute times (phase + n x interval), so they never
// drift. The phase is drawn once per group, so that devices with equal intervals do not poll in
// step; the grid of an aligned group is that of the wall clock: its deadlines are multiples of the
// interval in UTC. What comes late is polled once; the deadlines missed by then are counted, never
// queued. Every group is due at once when a device has been connected, one that is read once only
// then.
#pragma once

#include <optional>
#include <vector>

#include "core/random.h"
#include "core/time.h"

namespace fieldweir {

class PollSchedule {
 public:
  struct Group {
    Duration interval = second;  // `never`: read once after each connect
    bool aligned = false;
  };
  PollSchedule(const std::vector<Group>& groups, Random random);

  struct Due {
    std::size_t group;
    std::uint64_t skipped;  // deadlines of this group that passed unserved before this one
  };
  /// The group that waits longest, if one is due, and moves it to its first deadline after `now`.
  /// `wall_ahead`: what the wall clock says more than `now`.
  std::optional<Due> take(Time now, Duration wall_ahead = 0);

  /// The earliest deadline; 0 means at once.
  Time next() const;

  /// Makes every group due at once (the device was away). Deadlines missed meanwhile still count.
  void restart();

  /// Deadlines in a second, of all groups.
  double per_second() const;

 private:
  struct Row {
    Group group;
    Duration phase;
    Time next = 0;  // first deadline not yet served; 0: never polled
    bool at_once = true;
    Time due() const { return at_once ? 0 : next; }
    Time after(Time now, Duration wall_ahead) const;
  };
  std::vector<Row> rows_;
};

}  // namespace fieldweir
