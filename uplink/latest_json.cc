#include "uplink/latest_json.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "core/signal_table.h"
#include "core/text_table.h"
#include "uplink/json_text.h"

namespace fieldweir {
namespace {

constexpr std::size_t number_max = 32;
static_assert(json_text_growth * (TextTable::longest + UnitName::capacity()) + 2 * number_max +
                  128 <=
              latest_json_max);

char* put(char* at, std::string_view word) {
  std::memcpy(at, word.data(), word.size());
  return at + word.size();
}

template <class T>
char* put_number(char* at, T value) {
  return std::to_chars(at, at + number_max, value).ptr;
}

template <class T>
char* put_integer(char* at, T value) {
  // receivers read numbers as doubles: beyond 2^53 digits would be lost
  constexpr T exact = T{1} << 53;
  if (value <= exact && (std::is_unsigned_v<T> || value >= T{0} - exact))
    return put_number(at, value);
  return put(put_number(put(at, "\""), value), "\"");
}

char* put_value(char* at, const Reading& reading, std::string_view text) {
  switch (reading.kind) {
    case Kind::float64:
      return put_number(at, reading.as_float64());
    case Kind::int64:
      return put_integer(at, reading.as_int64());
    case Kind::uint64:
      return put_integer(at, reading.as_uint64());
    case Kind::boolean:
      return put(at, reading.as_boolean() ? "true" : "false");
    case Kind::text:
      return put(write_json_text(text, put(at, "\"")), "\"");
    case Kind::none:
      break;
  }
  return put(at, "null");
}

}  // namespace

std::string_view write_latest_json(const Reading& given, std::string_view unit,
                                   std::string_view text, std::span<char, latest_json_max> out) {
  Reading reading = given;
  // JSON has no word for these
  if (reading.kind == Kind::float64 && !std::isfinite(reading.as_float64()))
    reading = bad_reading(reading.signal, reading.time, Reason::out_of_range);
  if (reading.quality == Quality::bad) reading.kind = Kind::none;

  char* at = put(out.data(), "{\"ts\":");
  at = put_number(at, reading.time / millisecond);
  at = put_value(put(at, ",\"value\":"), reading, text);
  at = put(put(at, ",\"quality\":\""), to_string(reading.quality));
  if (reading.quality != Quality::good)
    at = put(put(at, "\",\"reason\":\""), to_string(reading.reason));
  if (!unit.empty()) at = write_json_text(unit, put(at, "\",\"unit\":\""));
  at = put(at, "\"}");
  return {out.data(), at};
}

}  // namespace fieldweir
