#include "daemon/command_rules.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <limits>

namespace fieldweir {
namespace {

// where whole numbers of a double end: 2^63 and 2^64 are the first that do not fit
constexpr double int64_end = 9223372036854775808.0;
constexpr double uint64_end = 18446744073709551616.0;

Refusal wrong_type(const char* expected) {
  return refusal("wrong type", "the signal's values are %s", expected);
}

double number(const AskedValue& asked) {
  return Reading{.bits = asked.bits, .kind = asked.kind}.as_number();
}

std::optional<Refusal> whole(const AskedValue& asked, Kind kind, std::uint64_t& bits) {
  const bool to_signed = kind == Kind::int64;
  const Refusal outside =
      refusal("out of range", "does not fit into %s 64 bits", to_signed ? "signed" : "unsigned");
  bits = asked.bits;
  switch (asked.kind) {
    case Kind::uint64:
      if (to_signed && asked.bits > std::numeric_limits<std::int64_t>::max()) return outside;
      return {};
    case Kind::int64:  // negative
      if (!to_signed) return outside;
      return {};
    case Kind::float64: {
      const double value = number(asked);
      if (value != std::trunc(value)) return wrong_type("whole numbers");
      if (to_signed ? value < -int64_end || value >= int64_end : value < 0 || value >= uint64_end)
        return outside;
      bits = to_signed ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value))
                       : static_cast<std::uint64_t>(value);
      return {};
    }
    default:
      return wrong_type("whole numbers");
  }
}

}  // namespace

Refusal refusal(std::string_view reason, const char* format, ...) {
  char text[161];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return {reason, FixedText<160>(text)};
}

std::optional<Refusal> convert(const AskedValue& asked, Kind kind, const TextTable& texts,
                               Reading& out) {
  out.kind = kind;
  switch (kind) {
    case Kind::float64: {
      const double value = number(asked);
      if (asked.kind == Kind::boolean || !std::isfinite(value)) return wrong_type("numbers");
      out.bits = std::bit_cast<std::uint64_t>(value);
      return {};
    }
    case Kind::int64:
    case Kind::uint64:
      return whole(asked, kind, out.bits);
    case Kind::boolean:
      out.bits = asked.bits;
      return asked.kind == kind ? std::nullopt : std::optional(wrong_type("true and false"));
    case Kind::text: {
      if (asked.kind != kind) return wrong_type("texts");
      const auto known = texts.find(asked.text);
      if (!known) return refusal("out of range", "is none of the signal's texts");
      out.bits = *known;
      return {};
    }
    case Kind::none:
      break;
  }
  return wrong_type("not known");
}

std::optional<Refusal> check_limits(const Reading& value, const WriteLimits& limits) {
  if (value.kind == Kind::text || value.kind == Kind::boolean) return {};
  const double number = value.as_number();
  if (number < limits.min)
    return refusal("out of range", "%.15g is below the least value %.15g", number, limits.min);
  if (number > limits.max)
    return refusal("out of range", "%.15g is above the greatest value %.15g", number, limits.max);
  if (!limits.step) return {};
  const double steps = (number - limits.min) / *limits.step;
  if (std::abs(steps - std::round(steps)) <= 1e-6) return {};
  return refusal("step", "%.15g is not %.15g plus a multiple of %.15g", number, limits.min,
                 *limits.step);
}

}  // namespace fieldweir
