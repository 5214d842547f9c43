#include "uplink/formats/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/unit/uplink/format_batches.h"
#include "uplink/formats/json_text.h"

namespace fieldweir {
namespace {

std::string written(const DecodedBatch& batch, const Envelope& envelope) {
  return written(formats().front(), batch, envelope);
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

}  // namespace
}  // namespace fieldweir
