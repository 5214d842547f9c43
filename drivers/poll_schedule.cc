#include "drivers/poll_schedule.h"

#include <algorithm>

#include "core/check.h"

namespace fieldweir {

PollSchedule::PollSchedule(const std::vector<Group>& groups, Random random) {
  for (const Group& group : groups) {
    FIELDWEIR_CHECK(group.interval > 0);
    const auto phase =
        static_cast<Duration>(random.below(static_cast<std::uint64_t>(group.interval)));
    rows_.push_back({group, phase});
  }
}

/// The group's first deadline after `now`.
Time PollSchedule::Row::after(Time now, Duration wall_ahead) const {
  if (group.interval == never) return never;
  const Time on_grid = group.aligned ? now + wall_ahead : now - phase;
  return now - on_grid % group.interval + group.interval;
}

std::optional<PollSchedule::Due> PollSchedule::take(Time now, Duration wall_ahead) {
  const auto row = std::ranges::min_element(rows_, {}, &Row::due);
  if (row == rows_.end() || row->due() > now) return std::nullopt;
  const bool late = row->next != 0 && row->next <= now;
  const Due due{static_cast<std::size_t>(row - rows_.begin()),
                late ? static_cast<std::uint64_t>((now - row->next) / row->group.interval) : 0};
  row->next = row->after(now, wall_ahead);
  row->at_once = false;
  return due;
}

Time PollSchedule::next() const {
  Time earliest = never;
  for (const Row& row : rows_) earliest = std::min(earliest, row.due());
  return earliest;
}

void PollSchedule::restart() {
  for (Row& row : rows_) row.at_once = true;
}

double PollSchedule::per_second() const {
  double sum = 0;
  for (const Row& row : rows_)
    if (row.group.interval != never)
      sum += static_cast<double>(second) / static_cast<double>(row.group.interval);
  return sum;
}

}  // namespace fieldweir
