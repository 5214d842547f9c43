#include "core/reading.h"

#include <array>
#include <limits>

namespace fieldweir {
namespace {

constexpr std::array<std::string_view, 6> kind_names = {"none",   "float64", "int64",
                                                        "uint64", "boolean", "text"};
constexpr std::array<std::string_view, 3> quality_names = {"good", "uncertain", "bad"};
constexpr std::array<std::string_view, reason_count> reason_names = {
    "none",
    "not connected",
    "timeout",
    "illegal address",
    "device exception",
    "bad response",
    "invalid code",
    "parse error",
    "wrong type",
    "out of range",
    "stale",
    "text table full",
    "too large",
    "ring full",
    "tail full",
    "instances full",
    "quota",
    "expired",
    "unclean stop",
    "corrupt",
    "refused",
    "unauthorised",
    "unreachable",
    "disk",
    "disk full",
    "locked",
    "stopped",
    "thinned",
    "source time too old",
    "source time in the future",
    "no source time",
};

Reading reading(SignalId signal, Time time, Kind kind, std::uint64_t bits) {
  return {time, bits, signal, kind, Quality::good, Reason::none, 0};
}

}  // namespace

std::string_view to_string(Kind kind) { return kind_names[static_cast<std::size_t>(kind)]; }
std::string_view to_string(Quality q) { return quality_names[static_cast<std::size_t>(q)]; }
std::string_view to_string(Reason reason) { return reason_names[static_cast<std::size_t>(reason)]; }

double Reading::as_number() const {
  switch (kind) {
    case Kind::float64:
      return as_float64();
    case Kind::int64:
      return static_cast<double>(as_int64());
    case Kind::uint64:
      return static_cast<double>(as_uint64());
    case Kind::boolean:
      return as_boolean() ? 1.0 : 0.0;
    case Kind::text:
    case Kind::none:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

Reading float64_reading(SignalId signal, Time time, double value) {
  return reading(signal, time, Kind::float64, std::bit_cast<std::uint64_t>(value));
}
Reading int64_reading(SignalId signal, Time time, std::int64_t value) {
  return reading(signal, time, Kind::int64, static_cast<std::uint64_t>(value));
}
Reading uint64_reading(SignalId signal, Time time, std::uint64_t value) {
  return reading(signal, time, Kind::uint64, value);
}
Reading boolean_reading(SignalId signal, Time time, bool value) {
  return reading(signal, time, Kind::boolean, value ? 1 : 0);
}
Reading text_reading(SignalId signal, Time time, std::uint32_t text) {
  return reading(signal, time, Kind::text, text);
}
Reading bad_reading(SignalId signal, Time time, Reason reason) {
  return {time, 0, signal, Kind::none, Quality::bad, reason, 0};
}

}  // namespace fieldweir
