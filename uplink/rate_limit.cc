#include "uplink/rate_limit.h"

#include <algorithm>

namespace fieldweir {

std::int64_t month_of(Time time) {
  const std::int64_t days =
      time / day - (time % day < 0 ? 1 : 0) + 719'468;                     // since March of year 0
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;  // 400 years
  const std::int64_t of_era = days - era * 146'097;
  const std::int64_t year = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * of_year + 2) / 153;  // 0 is March
  return (era * 400 + year - 1'970) * 12 + month + 2;
}

Time begin_of_month(std::int64_t month) {
  const std::int64_t since_march = month - 2 + 1'970 * 12;
  const std::int64_t of_year = (since_march % 12 + 12) % 12;
  const std::int64_t year = (since_march - of_year) / 12;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t days =
      of_era * 365 + of_era / 4 - of_era / 100 + (153 * of_year + 2) / 5 + era * 146'097;
  return (days - 719'468) * day;
}

Time RateLimit::when(std::size_t bytes, Time now) const {
  if (used_up(bytes)) return std::max(now + second, begin_of_month(usage_.month + 1));
  return std::max(now, free_);
}

void RateLimit::sent(std::size_t bytes, Time now) {
  usage_.bytes += bytes;
  if (!settings_.per_second) return;
  const auto takes = static_cast<Duration>(static_cast<double>(bytes) /
                                           static_cast<double>(*settings_.per_second) * second);
  free_ = std::max(free_, now) + takes;
}

void RateLimit::look_at(Time now, bool synchronised) {
  const std::int64_t month = month_of(now);
  if (!synchronised || month <= usage_.month) return;
  // what was counted before any month was known belongs to this one
  if (usage_.month != 0) usage_.bytes = 0;
  usage_.month = month;
}

}  // namespace fieldweir
