#include "uplink/json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/memory_log.h"
#include "uplink/json_text.h"

namespace fieldweir {
namespace {

constexpr Position here{0x9f2c51aa, 12, 918273};
constexpr Time t = 1'767'225'600'123 * millisecond + 456'789;

std::string written(const DecodedBatch& batch, const JsonEnvelope& envelope) {
  std::vector<char> out(json_size_max(batch.readings.size(), batch.gaps.size(), envelope.gateway));
  const std::size_t size = write_json(batch, envelope, out);
  EXPECT_GT(size, 0u);
  return {out.data(), size};
}

std::string golden(const std::string& name) {
  std::ifstream file(GOLDEN "/" + name + ".json");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

TEST(Json, IsTheContract) {
  const Signals signals{"boiler.supply_temp"};
  const DecodedBatch batch = signals.batch(here, {float64_reading(0, t, 73.4)});
  EXPECT_EQ(written(batch, {.gateway = "packing-7", .prev = {0x9f2c51aa, 12, 918272}}),
            golden("contract"));
}

TEST(Json, WritesEveryKindAndQuality) {
  const Signals signals{"d.f", "d.i", "d.u", "d.b", "d.t"};
  DecodedBatch batch = signals.batch(here, {});
  batch.texts = {std::string_view("heating")};
  Reading uncertain = int64_reading(1, t, -5);
  uncertain.quality = Quality::uncertain;
  uncertain.reason = Reason::out_of_range;
  batch.readings = {float64_reading(0, t, -0.1),
                    float64_reading(0, t, 1e300),
                    float64_reading(0, t, 20),
                    int64_reading(1, t, -9'007'199'254'740'992),
                    int64_reading(1, t, -9'007'199'254'740'993),
                    int64_reading(1, t, INT64_MIN),
                    uint64_reading(2, t, 9'007'199'254'740'992),
                    uint64_reading(2, t, UINT64_MAX),
                    boolean_reading(3, t, true),
                    boolean_reading(3, t, false),
                    text_reading(4, t, 0),
                    uncertain,
                    bad_reading(0, t, Reason::illegal_address),
                    float64_reading(0, t, std::numeric_limits<double>::quiet_NaN()),
                    float64_reading(0, t, -std::numeric_limits<double>::infinity())};
  EXPECT_EQ(written(batch, {.gateway = "g"}), golden("kinds"));
}

TEST(Json, WritesGapsAndWhatIsSpecialAboutABatch) {
  const Signals signals{"d.f"};
  DecodedBatch batch = signals.batch(here, {float64_reading(0, -1, 1)}, Lane::events);
  batch.replaces_from = {0x9f2c51aa, 11, 7};
  batch.clock_synchronised = false;
  batch.gaps = {{t, t + second, 42, Reason::ring_full}, {t, t, Gap::unknown, Reason::unclean_stop}};
  EXPECT_EQ(written(batch, {.gateway = "g", .prev = {1, 11, 6}, .historical = true}),
            golden("special"));
}

TEST(Json, GapsAloneAreAMessage) {
  const Signals signals{"d.f"};
  DecodedBatch batch = signals.batch(here);
  batch.gaps = {{0, second, 1, Reason::quota}};
  const auto parsed = nlohmann::json::parse(written(batch, {.gateway = "g"}));
  ASSERT_EQ(parsed["readings"].size(), 1u);
  EXPECT_EQ(parsed["readings"][0]["gap"]["reason"], "quota");
}

TEST(Json, EscapesSoThatAParserGetsTheTextBack) {
  for (const std::string text :
       {"plain", "quote \" backslash \\ /", "\n\r\t\b\f\x01\x1f\x7f", "°C ✓ \xF0\x9F\x94\xA5"}) {
    const Signals signals{text};
    DecodedBatch batch = signals.batch(here, {text_reading(0, t, 0)});
    batch.texts = {std::string_view(text)};
    const auto parsed = nlohmann::json::parse(written(batch, {.gateway = text}));
    EXPECT_EQ(parsed["gateway"], text);
    EXPECT_EQ(parsed["readings"][0]["signal"], text);
    EXPECT_EQ(parsed["readings"][0]["value"], text);
  }
}

TEST(Json, ReplacesWhatIsNotUtf8) {
  const auto escaped = [](std::string_view text) {
    std::string out(text.size() * json_text_growth, '\0');
    out.resize(static_cast<std::size_t>(write_json_text(text, out.data()) - out.data()));
    return out;
  };
  EXPECT_EQ(escaped("a\xFF"
                    "b"),
            "a\\ufffdb");
  EXPECT_EQ(escaped("\xC3"), "\\ufffd");                                   // cut short
  EXPECT_EQ(escaped("\xC0\xAF"), "\\ufffd\\ufffd");                        // overlong
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\\ufffd\\ufffd\\ufffd");             // surrogate
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), "\\ufffd\\ufffd\\ufffd\\ufffd");  // beyond U+10FFFF
  EXPECT_EQ(escaped("\xC3\xA9"), "\xC3\xA9");
}

TEST(Json, NumbersComeBackExactly) {
  const Signals signals{"d.f"};
  std::uint64_t bits = 88172645463325252u;  // xorshift64
  for (int i = 0; i < 20'000; ++i) {
    bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
    const double value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) continue;
    const auto text = written(signals.batch(here, {float64_reading(0, t, value)}), {.gateway = ""});
    const auto parsed = nlohmann::json::parse(text);
    ASSERT_EQ(parsed["readings"][0]["value"].get<double>(), value) << text;
  }
}

TEST(Json, TheWorstBatchFitsIntoItsBound) {
  const std::string worst(64, '\x01');
  const Signals signals{worst};
  DecodedBatch batch = signals.batch({UINT32_MAX, UINT32_MAX, UINT64_MAX});
  batch.texts = {std::string_view(worst)};
  batch.replaces_from = {UINT32_MAX, UINT32_MAX, UINT64_MAX - 1};
  batch.clock_synchronised = false;
  Reading reading = text_reading(0, INT64_MIN, 0);
  reading.quality = Quality::uncertain;
  reading.reason = Reason::device_exception;
  batch.readings.assign(100, reading);
  batch.gaps.assign(16, {INT64_MIN, INT64_MIN, UINT64_MAX - 1, Reason::device_exception});
  const std::string gateway(200, '\x01');
  const JsonEnvelope envelope{gateway, {UINT32_MAX, UINT32_MAX, UINT64_MAX - 1}, true};
  const auto parsed = nlohmann::json::parse(written(batch, envelope));
  EXPECT_EQ(parsed["readings"].size(), 116u);
}

TEST(Json, WritesNothingBeyondItsBuffer) {
  const Signals signals{"d.f", "d.t"};
  DecodedBatch batch = signals.batch(here, {});
  batch.texts = {std::string_view(std::string(64, '\x01'))};
  for (int i = 0; i < 20; ++i)
    batch.readings.push_back(i % 2 ? float64_reading(0, t, 0.1 * i) : text_reading(1, t, 0));
  const std::string whole = written(batch, {.gateway = "g"});
  for (std::size_t room = 0; room < whole.size() + 2000; room += 7) {
    std::vector<char> out(room + 64, '#');
    const std::size_t size = write_json(batch, {.gateway = "g"}, std::span(out).first(room));
    EXPECT_TRUE(size == 0 || size == whole.size());
    EXPECT_EQ(std::count(out.begin() + static_cast<std::ptrdiff_t>(room), out.end(), '#'), 64);
  }
}

}  // namespace
}  // namespace fieldweir
