#include "uplink/json_text.h"

#include <algorithm>
#include <array>
#include <cstring>

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

}  // namespace fieldweir
