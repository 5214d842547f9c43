#include "uplink/latest_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace fieldweir {
namespace {

constexpr Time time = 1'767'225'600'123 * millisecond + 999;

std::string json(const Reading& reading, std::string_view unit = {}, std::string_view text = {}) {
  char buffer[latest_json_max];
  return std::string(write_latest_json(reading, unit, text, buffer));
}

TEST(LatestJson, SaysValueQualityAndUnit) {
  EXPECT_EQ(json(float64_reading(1, time, 73.4), "°C"),
            R"({"ts":1767225600123,"value":73.4,"quality":"good","unit":"°C"})");
  EXPECT_EQ(json(boolean_reading(1, time, true)),
            R"({"ts":1767225600123,"value":true,"quality":"good"})");
  EXPECT_EQ(json(text_reading(1, time, 0), {}, "a\"b"),
            R"({"ts":1767225600123,"value":"a\"b","quality":"good"})");
}

TEST(LatestJson, NeverMakesANumberOfABadReading) {
  EXPECT_EQ(json(bad_reading(1, time, Reason::timeout), "bar"),
            R"({"ts":1767225600123,"value":null,"quality":"bad","reason":"timeout","unit":"bar"})");
  EXPECT_EQ(json(float64_reading(1, time, std::numeric_limits<double>::infinity())),
            R"({"ts":1767225600123,"value":null,"quality":"bad","reason":"out of range"})");
  Reading uncertain = int64_reading(1, time, -5);
  uncertain.quality = Quality::uncertain;
  uncertain.reason = Reason::stale;
  EXPECT_EQ(json(uncertain),
            R"({"ts":1767225600123,"value":-5,"quality":"uncertain","reason":"stale"})");
}

TEST(LatestJson, WritesIntegersThatADoubleCannotHoldAsText) {
  const auto value = [](const Reading& reading) {
    const std::string all = json(reading);
    const auto from = all.find("\"value\":") + 8;
    return all.substr(from, all.find(",\"quality") - from);
  };
  EXPECT_EQ(value(uint64_reading(1, time, 1ull << 53)), "9007199254740992");
  EXPECT_EQ(value(uint64_reading(1, time, (1ull << 53) + 1)), "\"9007199254740993\"");
  EXPECT_EQ(value(int64_reading(1, time, INT64_MIN)), "\"-9223372036854775808\"");
  EXPECT_EQ(value(int64_reading(1, time, -(1ll << 53))), "-9007199254740992");
}

TEST(LatestJson, FitsTheLongestValueAndUnit) {
  const std::string control(64, '\x01');
  const std::string all = json(text_reading(1, INT64_MIN, 0), std::string(16, '\x01'), control);
  EXPECT_LT(all.size(), latest_json_max);
  EXPECT_EQ(all.back(), '}');
}

}  // namespace
}  // namespace fieldweir
