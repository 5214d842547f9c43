#include "drivers/source_time.h"

#include <charconv>
#include <chrono>
#include <cmath>

namespace fieldweir {
namespace {

/// Reads a text from the front; once something was not as expected, nothing is any more.
class Front {
 public:
  explicit Front(std::string_view text) : rest_(text) {}

  /// A number of exactly so many digits.
  int digits(int count, int most) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      const char c = next();
      if (c < '0' || c > '9') good_ = false;
      value = 10 * value + (c - '0');
    }
    if (value > most) good_ = false;
    return value;
  }
  void expect(std::string_view one_of) {
    if (one_of.find(next()) == std::string_view::npos) good_ = false;
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Of a second, in nanoseconds; digits beyond the ninth are dropped.
  Duration fraction() {
    Duration value = 0;
    Duration unit = second / 10;
    if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') good_ = false;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; rest_.remove_prefix(1)) {
      value += unit * (rest_[0] - '0');
      unit /= 10;
    }
    return value;
  }
  char next() {
    const char c = rest_.empty() ? '\0' : rest_[0];
    rest_.remove_prefix(rest_.empty() ? 0 : 1);
    return c;
  }
  void fail() { good_ = false; }
  bool all_good() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

/// "Z", "+01:00", "+0100" or "+01": what is to be subtracted.
Duration zone(Front& front) {
  const char sign = front.next();
  if (sign == 'Z' || sign == 'z') return 0;
  if (sign != '+' && sign != '-') front.fail();
  Duration offset = front.digits(2, 23) * hour;
  const bool colon = front.take(':');
  if (colon || !front.all_good()) offset += front.digits(2, 59) * minute;
  return sign == '-' ? -offset : offset;
}

std::optional<Time> parse_iso_8601(std::string_view text) {
  Front front(text);
  const std::chrono::year year(front.digits(4, 2200));  // well within what nanoseconds can say
  front.expect("-");
  const std::chrono::month month(static_cast<unsigned>(front.digits(2, 12)));
  front.expect("-");
  const std::chrono::year_month_day date(
      year, month, std::chrono::day(static_cast<unsigned>(front.digits(2, 31))));
  front.expect("Tt ");
  Time time = front.digits(2, 23) * hour;
  front.expect(":");
  time += front.digits(2, 59) * minute;
  front.expect(":");
  time += front.digits(2, 60) * second;  // 60: a leap second
  if (front.take('.') || front.take(',')) time += front.fraction();
  time -= zone(front);
  if (!front.all_good() || !date.ok() || date.year() < std::chrono::year(1970)) return {};
  return std::chrono::sys_days(date).time_since_epoch().count() * day + time;
}

/// To the microsecond, which a double holds.
std::optional<Time> parse_unix_time(std::string_view digits) {
  double number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size()) return {};
  constexpr double first_milliseconds = 1e11;  // March 1973; as seconds it would be the year 5138
  constexpr double latest = 7e12;              // 2191
  if (!(number > 0 && number < latest)) return {};
  const double microseconds = number * (number < first_milliseconds ? 1e6 : 1e3);
  return microseconds < latest * 1e3 ? std::optional(std::llround(microseconds) * microsecond)
                                     : std::nullopt;
}

/// Makes it uncertain, unless it is worse already.
void doubt(Reading& reading, Reason reason) {
  if (reading.quality != Quality::good) return;
  reading.quality = Quality::uncertain;
  reading.reason = reason;
}

}  // namespace

std::optional<Time> source_time_of(const JsonMember& member) {
  if (member.type == JsonMember::Type::text) return parse_iso_8601(member.text);
  if (member.type == JsonMember::Type::number) return parse_unix_time(member.text);
  return {};
}

void stamp(Reading& reading, const JsonMember& member, std::optional<Time> wall) {
  const auto time = source_time_of(member);
  if (!time) return doubt(reading, Reason::no_source_time);
  if (wall && *time > *wall + source_clocks_differ)
    return doubt(reading, Reason::source_time_ahead);
  reading.time = *time;
  reading.flags |= source_time;
  if (wall && *time < *wall - oldest_source_time) doubt(reading, Reason::source_time_too_old);
}

}  // namespace fieldweir
