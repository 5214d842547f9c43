#include "drivers/poll_schedule.h"

#include <algorithm>

#include "core/check.h"

namespace fieldweir {

PollSchedule::PollSchedule(const std::vector<Duration>& intervals, Random random) {
  for (const Duration interval : intervals) {
    FIELDWEIR_CHECK(interval > 0);
    const auto phase = static_cast<Duration>(random.below(static_cast<std::uint64_t>(interval)));
    groups_.push_back({interval, phase});
  }
}

std::optional<PollSchedule::Due> PollSchedule::take(Time now) {
  const auto group = std::ranges::min_element(groups_, {}, &Group::due);
  if (group == groups_.end() || group->due() > now) return std::nullopt;
  const bool late = group->next != 0 && group->next <= now;
  const Due due{static_cast<std::size_t>(group - groups_.begin()),
                late ? static_cast<std::uint64_t>((now - group->next) / group->interval) : 0};
  group->next = now - (now - group->phase) % group->interval + group->interval;
  group->at_once = false;
  return due;
}

Time PollSchedule::next() const {
  Time earliest = never;
  for (const Group& group : groups_) earliest = std::min(earliest, group.due());
  return earliest;
}

void PollSchedule::restart() {
  for (Group& group : groups_) group.at_once = true;
}

}  // namespace fieldweir
