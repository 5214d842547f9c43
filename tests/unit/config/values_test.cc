#include "config/values.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace fieldweir::config {
namespace {

Node plain(std::string text) {
  Node node;
  node.type = Node::Type::scalar;
  node.scalar = std::move(text);
  return node;
}

Node quoted(std::string text) {
  Node node = plain(std::move(text));
  node.quoted = true;
  return node;
}

/// What `read` makes of the node, or the message of its one mistake.
template <class V, class Read>
std::string outcome(Read read, const Node& node, std::string (*show_value)(V)) {
  Mistakes mistakes;
  V value{};
  const bool good = read(node, value, mistakes);
  EXPECT_EQ(good, mistakes.empty());
  if (good) return show_value(value);
  EXPECT_EQ(mistakes.count(), 1u);
  return mistakes.all()[0].message;
}

std::string integer(const Node& node, Range<std::int64_t> range = {INT64_MIN, INT64_MAX}) {
  return outcome<std::int64_t>(
      [&](const Node& n, std::int64_t& v, Mistakes& m) { return read_integer(n, range, v, m); },
      node, [](std::int64_t v) { return std::to_string(v); });
}
std::string number(const Node& node, Range<double> range = {-1e300, 1e300}) {
  return outcome<double>(
      [&](const Node& n, double& v, Mistakes& m) { return read_number(n, range, v, m); }, node,
      show_number);
}
std::string duration(const Node& node, Range<Duration> range = {0, never}) {
  return outcome<Duration>(
      [&](const Node& n, Duration& v, Mistakes& m) { return read_duration(n, range, v, m); }, node,
      show_duration);
}
std::string size(const Node& node, Range<std::uint64_t> range = {0, UINT64_MAX}) {
  return outcome<std::uint64_t>(
      [&](const Node& n, std::uint64_t& v, Mistakes& m) { return read_size(n, range, v, m); }, node,
      show_size);
}
std::string flag(const Node& node) {
  return outcome<bool>(read_flag, node, [](bool v) { return std::string(v ? "true" : "false"); });
}

TEST(Values, Integers) {
  EXPECT_EQ(integer(plain("0")), "0");
  EXPECT_EQ(integer(plain("-12")), "-12");
  EXPECT_EQ(integer(plain("0x1F")), "31");
  EXPECT_EQ(integer(plain("9223372036854775807")), "9223372036854775807");
  EXPECT_EQ(integer(plain("-9223372036854775808")), "-9223372036854775808");
  const std::string wrong = "expected an integer such as 42 or 0x2A, got ";
  for (const char* text : {"0123", "1_000", "+5", "1.0", "1e3", "", "-", "0x", "0x-1", "0xG", "5 ",
                           "9223372036854775808", "--1", "-0x1", "twelve", "0b1", "0o17"})
    EXPECT_EQ(integer(plain(text)), wrong + "'" + text + "'");
  EXPECT_EQ(integer(quoted("5")), wrong + "\"5\"");
  EXPECT_EQ(integer(plain("70000"), {1, 65535}),
            "expected an integer from 1 to 65535, got '70000'");
  EXPECT_EQ(integer(plain("65535"), {1, 65535}), "65535");
}

TEST(Values, Numbers) {
  EXPECT_EQ(number(plain("1.5")), "1.5");
  EXPECT_EQ(number(plain("-2e3")), "-2000");
  EXPECT_EQ(number(plain("0.1")), "0.1");
  EXPECT_EQ(number(plain("18446744073709551616")), "18446744073709551616");
  for (const char* text : {"nan", "inf", "-inf", ".nan", ".inf", "1.", ".5", "01.5", "1e", "1e+",
                           "1e999", "1,5", "0x10", "1.5.2", "+1", "", "1 "})
    EXPECT_EQ(number(plain(text)),
              "expected a number such as 1.5 or -2e3, got '" + std::string(text) + "'");
  EXPECT_EQ(number(plain("-2"), {0, 1e300}), "expected a number from 0, got '-2'");
  EXPECT_EQ(number(plain("2"), {-1, 1.5}), "expected a number from -1 to 1.5, got '2'");
}

TEST(Values, FlagsAreTrueOrFalseAndNothingElse) {
  EXPECT_EQ(flag(plain("true")), "true");
  EXPECT_EQ(flag(plain("false")), "false");
  for (const char* text : {"yes", "no", "on", "off", "True", "TRUE", "y", "1", "0"})
    EXPECT_EQ(flag(plain(text)), "expected true or false, got '" + std::string(text) + "'");
  EXPECT_EQ(flag(quoted("true")), "expected true or false, got \"true\"");
}

TEST(Values, DurationsHaveUnits) {
  EXPECT_EQ(duration(plain("250ms")), "250ms");
  EXPECT_EQ(duration(plain("1000ms")), "1s");
  EXPECT_EQ(duration(plain("1500ms")), "1500ms");
  EXPECT_EQ(duration(plain("120s")), "2m");
  EXPECT_EQ(duration(plain("30d")), "30d");
  EXPECT_EQ(duration(plain("20us")), "20us");
  EXPECT_EQ(duration(plain("0")), "0s");
  for (const char* text : {"10", "1.5s", "-1s", "1h30m", "10 s", "1S", "99999999999d", "1w", "s",
                           "01s", "18446744073709551615ns"})
    EXPECT_EQ(duration(plain(text)),
              "expected a duration with its unit such as 250ms, 10s, 5m or 2h, got '" +
                  std::string(text) + "'");
  EXPECT_EQ(duration(plain("2h"), {second, hour}), "expected a duration from 1s to 1h, got '2h'");
}

TEST(Values, Sizes) {
  EXPECT_EQ(size(plain("512")), "512");
  EXPECT_EQ(size(plain("64KiB")), "64KiB");
  EXPECT_EQ(size(plain("24MiB")), "24MiB");
  EXPECT_EQ(size(plain("10kB")), "10000");
  EXPECT_EQ(size(plain("1GiB")), "1GiB");
  EXPECT_EQ(size(plain("1024MiB")), "1GiB");
  for (const char* text : {"24M", "24mb", "-1", "1.5MiB", "99999999999999GiB", "MiB", "0512"})
    EXPECT_EQ(size(plain(text)),
              "expected a size such as 512, 64KiB, 24MiB or 1GiB, got '" + std::string(text) + "'");
  EXPECT_EQ(size(plain("1GiB"), {0, 1 << 20}), "expected a size from 0 to 1MiB, got '1GiB'");
}

TEST(Values, ShownDurationsAndSizesReadBack) {
  for (const Duration d : {Duration{1}, 1500 * microsecond, 90 * second, day, 36 * hour, never})
    EXPECT_EQ(duration(plain(show_duration(d))), show_duration(d));
  for (const std::uint64_t s : {0ULL, 1ULL, 1023ULL, 1024ULL, 1536ULL, 1ULL << 40})
    EXPECT_EQ(size(plain(show_size(s))), show_size(s));
}

TEST(Values, ChoicesAreSuggested) {
  constexpr std::array<std::string_view, 2> names{"big", "little"};
  const auto choice = [&](const Node& node) {
    return outcome<std::size_t>(
        [&](const Node& n, std::size_t& v, Mistakes& m) { return read_choice(n, names, v, m); },
        node, [](std::size_t v) { return std::to_string(v); });
  };
  EXPECT_EQ(choice(plain("little")), "1");
  EXPECT_EQ(choice(quoted("big")), "0");
  EXPECT_EQ(choice(plain("litle")),
            "expected one of big, little, got 'litle' (did you mean 'little'?)");
  EXPECT_EQ(choice(plain("middle-endian")), "expected one of big, little, got 'middle-endian'");
  EXPECT_EQ(choice(Node{}), "expected one of big, little, got nothing");
}

TEST(Values, TextsAreAListOrOneText) {
  Mistakes mistakes;
  std::vector<std::string> out;
  EXPECT_TRUE(read_texts(plain("a"), out, mistakes));
  EXPECT_EQ(out, std::vector<std::string>{"a"});
  Node list;
  list.type = Node::Type::list;
  list.items = {plain("x"), quoted("y")};
  EXPECT_TRUE(read_texts(list, out, mistakes));
  EXPECT_EQ(out, (std::vector<std::string>{"x", "y"}));
  list.items.emplace_back();
  EXPECT_FALSE(read_texts(list, out, mistakes));
  EXPECT_EQ(out.size(), 2u) << "left as it was";
  EXPECT_EQ(mistakes.all()[0].message, "expected a text, got nothing");
}

TEST(Values, ASecretIsNeverShown) {
  Node node = plain("hunter2");
  node.secret = true;
  EXPECT_EQ(integer(node), "expected an integer such as 42 or 0x2A, got a secret");
  EXPECT_EQ(duration(node, {0, 1}).find("hunter2"), std::string::npos);
}

TEST(Values, AMistakenNodeIsRefusedInSilence) {
  Node node = plain("5");
  node.mistaken = true;
  Mistakes mistakes;
  std::int64_t value = 7;
  EXPECT_FALSE(read_integer(node, {0, 10}, value, mistakes));
  std::string text;
  EXPECT_FALSE(read_text(node, text, mistakes));
  EXPECT_TRUE(mistakes.empty());
  EXPECT_EQ(value, 7);
}

TEST(Values, LongTextsAreCutBetweenCharacters) {
  EXPECT_EQ(show(plain(std::string(39, 'x') + "éé")), "'" + std::string(39, 'x') + "...'");
}

}  // namespace
}  // namespace fieldweir::config
