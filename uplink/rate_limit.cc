#include "uplink/rate_limit.h"

#include <algorithm>
#include <chrono>

namespace fieldweir {

std::int64_t month_of(Time time) {
  const std::chrono::sys_time<std::chrono::nanoseconds> at{std::chrono::nanoseconds(time)};
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(at)};
  const auto month = static_cast<int>(static_cast<unsigned>(date.month()));
  return (static_cast<int>(date.year()) - 1970) * 12 + month - 1;
}

Time begin_of_month(std::int64_t month) {
  const std::chrono::year_month_day first =
      std::chrono::year(1970) / std::chrono::January / 1 + std::chrono::months(month);
  return std::chrono::sys_days(first).time_since_epoch().count() * day;
}

Time RateLimit::when(std::size_t bytes, Time now) const {
  if (used_up(bytes)) return std::max(now + second, begin_of_month(usage_.month + 1) - ahead_);
  return std::max(now, free_ - early);
}

void RateLimit::sent(std::size_t bytes, Time now) {
  usage_.bytes += bytes;
  if (!settings_.per_second) return;
  const auto takes = static_cast<Duration>(static_cast<double>(bytes) /
                                           static_cast<double>(*settings_.per_second) * second);
  free_ = std::max(free_, now) + takes;
}

void RateLimit::look_at(Time now, Time wall, bool synchronised) {
  ahead_ = wall - now;
  const std::int64_t month = month_of(wall);
  if (!synchronised || month <= usage_.month) return;
  // what was counted before any month was known belongs to this one
  if (usage_.month != 0) usage_.bytes = 0;
  usage_.month = month;
}

}  // namespace fieldweir
