#include "drivers/mqtt_payload.h"

#include <charconv>
#include <cmath>

namespace fieldweir {
namespace {

enum class Parsed { good, not_a_number, out_of_range };

template <class T>
Parsed parse(std::string_view digits, T& out) {
  const char* const last = digits.data() + digits.size();
  const auto [end, mistake] = std::from_chars(digits.data(), last, out);
  if (mistake == std::errc::result_out_of_range) return Parsed::out_of_range;
  return mistake == std::errc() && end == last ? Parsed::good : Parsed::not_a_number;
}

/// from_chars takes "inf" and "nan" for numbers; neither JSON nor people who measure do.
Parsed parse_float(std::string_view digits, double& out) {
  const Parsed parsed = parse(digits, out);
  return parsed == Parsed::good && !std::isfinite(out) ? Parsed::not_a_number : parsed;
}

/// `low` and `beyond` are exact as doubles: -2^63 and 2^63, 0 and 2^64.
template <class T>
Parsed parse_whole(std::string_view digits, double low, double beyond, T& out) {
  if (parse(digits, out) == Parsed::good) return Parsed::good;
  double number = 0;  // "5.0", "5e1", "-1" for an unsigned one
  const Parsed parsed = parse_float(digits, number);
  if (parsed != Parsed::good) return parsed;
  if (number < low || number >= beyond) return Parsed::out_of_range;
  if (number != std::floor(number)) return Parsed::not_a_number;
  out = static_cast<T>(number);
  return Parsed::good;
}

/// `wrong`: the reason if `digits` are not a number of this kind.
Reading number_reading(SignalId signal, Kind kind, Time time, std::string_view digits,
                       Reason wrong) {
  double number = 0;
  std::int64_t whole = 0;
  std::uint64_t count = 0;
  const Parsed parsed = kind == Kind::int64    ? parse_whole(digits, -0x1p63, 0x1p63, whole)
                        : kind == Kind::uint64 ? parse_whole(digits, 0.0, 0x1p64, count)
                                               : parse_float(digits, number);
  if (parsed == Parsed::out_of_range) return bad_reading(signal, time, Reason::out_of_range);
  if (parsed == Parsed::not_a_number) return bad_reading(signal, time, wrong);
  if (kind == Kind::int64) return int64_reading(signal, time, whole);
  if (kind == Kind::uint64) return uint64_reading(signal, time, count);
  return float64_reading(signal, time, number);
}

Reading interned(SignalId signal, Time time, std::string_view text, TextTable& texts) {
  if (text.size() > TextTable::longest) return bad_reading(signal, time, Reason::too_large);
  const auto id = texts.intern(text);
  return id ? text_reading(signal, time, *id) : bad_reading(signal, time, Reason::text_table_full);
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

Reading member_reading(SignalId signal, Kind kind, Time time, const JsonMember& member,
                       TextTable& texts) {
  using Type = JsonMember::Type;
  if (kind == Kind::boolean && member.type == Type::boolean)
    return boolean_reading(signal, time, member.boolean);
  if (kind == Kind::text && member.type == Type::text)
    return interned(signal, time, member.text, texts);
  const bool wants_number = kind != Kind::boolean && kind != Kind::text;
  if (wants_number && member.type == Type::number)
    return number_reading(signal, kind, time, member.text, Reason::wrong_type);
  return bad_reading(signal, time, Reason::wrong_type);
}

Reading plain_reading(SignalId signal, Kind kind, Time time, std::string_view payload,
                      TextTable& texts) {
  if (kind == Kind::text) {
    if (payload.size() > TextTable::longest) return bad_reading(signal, time, Reason::too_large);
    return is_clean_utf8(payload) ? interned(signal, time, payload, texts)
                                  : bad_reading(signal, time, Reason::parse_error);
  }
  const std::string_view text = without_blanks(payload);
  if (kind != Kind::boolean) return number_reading(signal, kind, time, text, Reason::parse_error);
  if (text == "true" || text == "false") return boolean_reading(signal, time, text == "true");
  return bad_reading(signal, time, Reason::parse_error);
}

bool is_clean_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x20 || lead == 0x7F) return false;
    if (lead < 0x80) continue;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || i + more > text.size()) return false;
    std::uint32_t code = lead & (0x3F >> more);
    for (int n = 0; n < more; ++n) {
      const auto next = static_cast<unsigned char>(text[i++]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    const std::uint32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
  }
  return true;
}

}  // namespace fieldweir
