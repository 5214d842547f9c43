#include "uplink/formats/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "uplink/formats/utf8.h"

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
char* write_integer(const Reading& reading, T value, char* out) {
  return beyond_double(reading) ? put("\"", write_number(value, put("\"", out)))
                                : write_number(value, out);
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

bool beyond_double(const Reading& reading) {
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  if (reading.kind == Kind::uint64) return reading.as_uint64() > static_cast<std::uint64_t>(exact);
  return reading.kind == Kind::int64 && (reading.as_int64() > exact || reading.as_int64() < -exact);
}

char* write_json_value(const Reading& reading, std::string_view text, char* out) {
  switch (reading.kind) {
    case Kind::float64:
      return write_number(reading.as_float64(), out);
    case Kind::int64:
      return write_integer(reading, reading.as_int64(), out);
    case Kind::uint64:
      return write_integer(reading, reading.as_uint64(), out);
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
