#include "uplink/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>

namespace fieldweir {
namespace {

constexpr bool plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

constexpr std::array<bool, 256> plain_bytes = [] {
  std::array<bool, 256> table{};
  for (int byte = 0; byte < 256; ++byte) table[byte] = plain(static_cast<unsigned char>(byte));
  return table;
}();

/// Length of the well-formed UTF-8 sequence that `text` begins with (RFC 3629, section 4); 0: none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

char* write_escape(unsigned char byte, char* out) {
  static constexpr char digits[] = "0123456789abcdef";
  *out++ = '\\';
  switch (byte) {
    case '"':
    case '\\':
      *out++ = static_cast<char>(byte);
      return out;
    case '\n':
      *out++ = 'n';
      return out;
    case '\r':
      *out++ = 'r';
      return out;
    case '\t':
      *out++ = 't';
      return out;
    default:
      break;
  }
  out = std::copy_n("u00", 3, out);
  *out++ = digits[byte >> 4];
  *out++ = digits[byte & 15];
  return out;
}

char* put(std::string_view word, char* out) { return std::copy(word.begin(), word.end(), out); }

template <class T>
char* write_number(T value, char* out) {
  return std::to_chars(out, out + json_number_max, value).ptr;
}

template <class T>
char* write_integer(T value, char* out) {
  // receivers read numbers as doubles: beyond 2^53 digits would be lost
  constexpr T exact = T{1} << 53;
  const bool beyond = value > exact || (std::is_signed_v<T> && value < T{0} - exact);
  return beyond ? put("\"", write_number(value, put("\"", out))) : write_number(value, out);
}

}  // namespace

char* write_json_text(std::string_view text, char* out) {
  while (!text.empty()) {
    const auto end = std::find_if(text.begin(), text.end(), [](char c) {
      return !plain_bytes[static_cast<unsigned char>(c)];
    });
    const auto run = static_cast<std::size_t>(end - text.begin());
    out = std::copy_n(text.data(), run, out);
    text.remove_prefix(run);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_length(text);
    if (byte < 0x80)
      out = write_escape(byte, out);
    else if (length > 0)
      out = std::copy_n(text.data(), length, out);
    else
      out = std::copy_n("\\ufffd", 6, out);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

Reading sayable_in_json(Reading reading) {
  if (reading.kind == Kind::float64 && !std::isfinite(reading.as_float64()))
    reading = bad_reading(reading.signal, reading.time, Reason::out_of_range);
  if (reading.quality == Quality::bad) reading.kind = Kind::none;
  return reading;
}

char* write_json_value(const Reading& reading, std::string_view text, char* out) {
  switch (reading.kind) {
    case Kind::float64:
      return write_number(reading.as_float64(), out);
    case Kind::int64:
      return write_integer(reading.as_int64(), out);
    case Kind::uint64:
      return write_integer(reading.as_uint64(), out);
    case Kind::boolean:
      return put(reading.as_boolean() ? "true" : "false", out);
    case Kind::text:
      return put("\"", write_json_text(text, put("\"", out)));
    case Kind::none:
      break;
  }
  return put("null", out);
}

}  // namespace fieldweir
