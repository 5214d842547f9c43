#include "uplink/latest_json.h"

#include <charconv>
#include <cstring>

#include "core/signal_table.h"
#include "uplink/formats/json_text.h"

namespace fieldweir {
namespace {

static_assert(json_value_max + json_text_growth * UnitName::capacity() + json_number_max + 128 <=
              latest_json_max);

char* put(char* at, std::string_view word) {
  std::memcpy(at, word.data(), word.size());
  return at + word.size();
}

}  // namespace

std::string_view write_latest_json(const Reading& given, std::string_view unit,
                                   std::string_view text, std::span<char, latest_json_max> out) {
  const Reading reading = sayable_in_json(given);
  char* at = put(out.data(), "{\"ts\":");
  at = std::to_chars(at, at + json_number_max, reading.time / millisecond).ptr;
  at = write_json_value(reading, text, put(at, ",\"value\":"));
  at = put(put(at, ",\"quality\":\""), to_string(reading.quality));
  if (reading.quality != Quality::good)
    at = put(put(at, "\",\"reason\":\""), to_string(reading.reason));
  if (!unit.empty()) at = write_json_text(unit, put(at, "\",\"unit\":\""));
  at = put(at, "\"}");
  return {out.data(), at};
}

}  // namespace fieldweir
