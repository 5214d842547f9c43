#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace fieldweir::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
// Largest first, as show() wants them.
constexpr std::array<Unit, 7> duration_units{
    Unit{"d", day},      {"h", hour},         {"m", minute}, {"s", second},
    {"ms", millisecond}, {"us", microsecond}, {"ns", 1}};
constexpr std::array<Unit, 6> size_units{Unit{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20},
                                         {"KiB", 1ULL << 10},     {"GB", 1'000'000'000},
                                         {"MB", 1'000'000},       {"kB", 1'000}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Digits in front of `text`, without a leading zero; they are taken off.
std::optional<std::string_view> take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return {};
  text.remove_prefix(digits.size());
  return digits;
}

template <class V>
std::optional<V> convert(std::string_view digits, int base = 10) {
  V value{};
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (problem != std::errc() || end != digits.data() + digits.size()) return {};
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with("0x") && text.size() > 2 && text[2] != '-')
    return convert<std::int64_t>(text.substr(2), 16);
  std::string_view rest = text;
  if (rest.starts_with('-')) rest.remove_prefix(1);
  if (!take_digits(rest) || !rest.empty()) return {};
  return convert<std::int64_t>(text);
}

std::optional<double> parse_number(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('-')) rest.remove_prefix(1);
  if (!take_digits(rest)) return {};
  // from_chars takes nan, inf and "1.": the grammar does not
  const auto all_digits = [](std::string_view digits) {
    return !digits.empty() && std::ranges::all_of(digits, is_digit);
  };
  const std::size_t exponent = rest.find_first_of("eE");
  std::string_view fraction = rest.substr(0, exponent);
  if (!fraction.empty() && (fraction[0] != '.' || !all_digits(fraction.substr(1)))) return {};
  if (exponent != std::string_view::npos) {
    std::string_view power = rest.substr(exponent + 1);
    if (power.starts_with('-') || power.starts_with('+')) power.remove_prefix(1);
    if (!all_digits(power)) return {};
  }
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || !std::isfinite(value)) return {};
  return value;
}

/// A number directly followed by one of `units`.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
  const auto digits = take_digits(text);
  if (!digits) return {};
  const auto count = convert<std::uint64_t>(*digits);
  const auto unit = std::ranges::find(units, text, &Unit::name);
  if (!count || unit == units.end() || *count > UINT64_MAX / unit->factor) return {};
  return *count * unit->factor;
}

std::string show_quantity(std::uint64_t value, std::span<const Unit> units, std::string_view base) {
  if (value == 0) return "0" + std::string(base);
  for (const Unit& unit : units)
    if (value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.name);
  return std::to_string(value) + std::string(base);
}

template <class V>
bool within(Range<V> range, V value, const std::string& what, std::string (*show_value)(V),
            const Node& node, Mistakes& mistakes) {
  if (value >= range.low && value <= range.high) return true;
  return expected(range_text(what, show_value(range.low), show_value(range.high)), node, mistakes);
}

std::string show_integer(std::int64_t value) { return std::to_string(value); }

bool plain_scalar(const Node& node) { return node.type == Node::Type::scalar && !node.quoted; }

}  // namespace

std::string range_text(std::string_view type, const std::string& low, const std::string& high) {
  // what a number of that type cannot be beyond anyway is not worth words
  static const std::array<std::string, 3> none = {show_number(-1e300), show_integer(INT64_MIN),
                                                  show_duration(INT64_MIN + 1)};
  static const std::array<std::string, 4> endless = {
      show_number(1e300), show_integer(INT64_MAX), show_duration(INT64_MAX), show_size(UINT64_MAX)};
  std::string text(type);
  if (std::ranges::find(none, low) == none.end()) text += " from " + low;
  if (std::ranges::find(endless, high) == endless.end()) text += " to " + high;
  return text;
}

std::string show(const Node& node) {
  constexpr std::size_t longest = 40;
  if (node.secret) return "a secret";
  switch (node.type) {
    case Node::Type::null:
      return "nothing";
    case Node::Type::list:
      return "a list";
    case Node::Type::map:
      return "a map";
    case Node::Type::scalar:
      break;
  }
  std::size_t end = std::min(node.scalar.size(), longest);
  // never half a character
  while (end < node.scalar.size() && (static_cast<unsigned char>(node.scalar[end]) & 0xC0) == 0x80)
    --end;
  const char quote = node.quoted ? '"' : '\'';
  return quote + node.scalar.substr(0, end) + (end < node.scalar.size() ? "..." : "") + quote;
}

bool expected(std::string_view what, const Node& node, Mistakes& mistakes) {
  if (!node.mistaken)
    mistakes.add(node.place, "expected " + std::string(what) + ", got " + show(node));
  return false;
}

bool read_text(const Node& node, std::string& out, Mistakes& mistakes) {
  if (node.type != Node::Type::scalar || node.mistaken) return expected("a text", node, mistakes);
  out = node.scalar;
  return true;
}

bool read_texts(const Node& node, std::vector<std::string>& out, Mistakes& mistakes) {
  std::vector<std::string> texts;
  if (node.type != Node::Type::list) {
    if (node.type != Node::Type::scalar || node.mistaken)
      return expected("a list of texts", node, mistakes);
    texts.push_back(node.scalar);
  }
  bool good = true;
  for (const Node& item : node.items)
    good = read_text(item, texts.emplace_back(), mistakes) && good;
  if (good) out = std::move(texts);
  return good;
}

bool read_integer(const Node& node, Range<std::int64_t> range, std::int64_t& out,
                  Mistakes& mistakes) {
  const auto value = plain_scalar(node) ? parse_integer(node.scalar) : std::nullopt;
  if (!value || node.mistaken) return expected("an integer such as 42 or 0x2A", node, mistakes);
  if (!within(range, *value, "an integer", show_integer, node, mistakes)) return false;
  out = *value;
  return true;
}

bool read_number(const Node& node, Range<double> range, double& out, Mistakes& mistakes) {
  const auto value = plain_scalar(node) ? parse_number(node.scalar) : std::nullopt;
  if (!value || node.mistaken) return expected("a number such as 1.5 or -2e3", node, mistakes);
  if (!within(range, *value, "a number", show_number, node, mistakes)) return false;
  out = *value;
  return true;
}

bool read_flag(const Node& node, bool& out, Mistakes& mistakes) {
  const bool yes = plain_scalar(node) && node.scalar == "true";
  const bool no = plain_scalar(node) && node.scalar == "false";
  if (!(yes || no) || node.mistaken) return expected("true or false", node, mistakes);
  out = yes;
  return true;
}

bool read_duration(const Node& node, Range<Duration> range, Duration& out, Mistakes& mistakes) {
  auto value = plain_scalar(node) ? parse_quantity(node.scalar, duration_units) : std::nullopt;
  if (plain_scalar(node) && node.scalar == "0") value = 0;
  if (!value || *value > INT64_MAX || node.mistaken)
    return expected("a duration with its unit such as 250ms, 10s, 5m or 2h", node, mistakes);
  const auto duration = static_cast<Duration>(*value);
  if (!within(range, duration, "a duration", show_duration, node, mistakes)) return false;
  out = duration;
  return true;
}

bool read_size(const Node& node, Range<std::uint64_t> range, std::uint64_t& out,
               Mistakes& mistakes) {
  constexpr std::array<Unit, 1> bytes{Unit{"", 1}};
  auto value = plain_scalar(node) ? parse_quantity(node.scalar, size_units) : std::nullopt;
  if (plain_scalar(node) && !value) value = parse_quantity(node.scalar, bytes);
  if (!value || node.mistaken)
    return expected("a size such as 512, 64KiB, 24MiB or 1GiB", node, mistakes);
  if (!within(range, *value, "a size", show_size, node, mistakes)) return false;
  out = *value;
  return true;
}

bool read_choice(const Node& node, std::span<const std::string_view> names, std::size_t& out,
                 Mistakes& mistakes) {
  if (node.mistaken) return false;
  if (node.type == Node::Type::scalar) {
    const auto found = std::ranges::find(names, std::string_view(node.scalar));
    if (found != names.end()) {
      out = static_cast<std::size_t>(found - names.begin());
      return true;
    }
  }
  const std::vector<std::string> known(names.begin(), names.end());
  std::string message = "expected one of ";
  for (const std::string& name : known) message += (&name == known.data() ? "" : ", ") + name;
  message += ", got " + show(node);
  if (node.type == Node::Type::scalar && !node.secret) message += did_you_mean(node.scalar, known);
  mistakes.add(node.place, message);
  return false;
}

std::string show_duration(Duration duration) {
  return (duration < 0 ? "-" : "") +
         show_quantity(static_cast<std::uint64_t>(duration < 0 ? -duration : duration),
                       duration_units, "s");
}

std::string show_size(std::uint64_t bytes) {
  return show_quantity(bytes, std::span(size_units).first(3), "");
}

std::string show_number(double number) {
  char buffer[32];
  const auto [end, problem] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return {buffer, end};
}

}  // namespace fieldweir::config
