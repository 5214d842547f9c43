#include "drivers/source_time.h"

#include <gtest/gtest.h>

namespace fieldweir {
namespace {

using Type = JsonMember::Type;

std::optional<Time> text(std::string_view value) {
  return source_time_of({Type::text, false, value});
}
std::optional<Time> number(std::string_view value) {
  return source_time_of({Type::number, false, value});
}

constexpr Time noon = 1'767'614'400 * second;  // 2026-01-05T12:00:00Z

TEST(SourceTime, Iso8601WithAZone) {
  for (const char* same : {"2026-01-05T12:00:00Z", "2026-01-05t12:00:00z", "2026-01-05 12:00:00Z",
                           "2026-01-05T13:00:00+01:00", "2026-01-05T13:00:00+01",
                           "2026-01-05T06:30:00-0530", "2026-01-06T02:00:00.000+14:00"})
    EXPECT_EQ(text(same), noon) << same;
  EXPECT_EQ(text("2026-01-05T12:00:00.123Z"), noon + 123 * millisecond);
  EXPECT_EQ(text("2026-01-05T12:00:00,5Z"), noon + 500 * millisecond);
  EXPECT_EQ(text("2026-01-05T12:00:00.1234567891Z"), noon + 123'456'789);
  EXPECT_EQ(text("2024-02-29T00:00:00Z"), 1'709'164'800 * second);
  EXPECT_EQ(text("2016-12-31T23:59:60Z"), text("2017-01-01T00:00:00Z"));
}

TEST(SourceTime, WhatIsNoTime) {
  for (const char* none : {"",
                           "2026-01-05T12:00:00",
                           "2026-01-05",
                           "12:00:00Z",
                           "2026-01-05T12:00Z",
                           "2026-13-05T12:00:00Z",
                           "2025-02-29T12:00:00Z",
                           "2026-01-00T12:00:00Z",
                           "2026-01-05T24:00:00Z",
                           "2026-01-05T12:60:00Z",
                           "2026-01-05T12:00:61Z",
                           "2026-01-05T12:00:00.Z",
                           "2026-01-05T12:00:00Zulu",
                           "2026-01-05T12:00:00+1:00",
                           "2026-01-05T12:00:00+01:",
                           "2026-01-05T12:00:00+010",
                           "0001-01-01T00:00:00Z",
                           "9999-12-31T00:00:00Z",
                           "1767614400",
                           "-026-01-05T12:00:00Z",
                           "yesterday"})
    EXPECT_FALSE(text(none)) << none;
  for (const char* none : {"0", "-1", "1e300", "1767614400000000", "17e15", "8000000000000"})
    EXPECT_FALSE(number(none)) << none;
  EXPECT_FALSE(source_time_of({Type::boolean, true, {}}));
  EXPECT_FALSE(source_time_of({Type::container, false, {}}));
  EXPECT_FALSE(source_time_of({Type::missing, false, {}}));
}

TEST(SourceTime, NumbersAreSecondsOrMillisecondsByTheirSize) {
  EXPECT_EQ(number("1767614400"), noon);
  EXPECT_EQ(number("1767614400.25"), noon + 250 * millisecond);
  EXPECT_EQ(number("1.7676144e9"), noon);
  EXPECT_EQ(number("1767614400123"), noon + 123 * millisecond);
  EXPECT_EQ(number("1767614400123.5"), noon + 123 * millisecond + 500 * microsecond);
  EXPECT_EQ(number("99999999999"), std::nullopt);  // the year 5138
  EXPECT_EQ(number("100000000000"), 100'000'000 * second);
}

TEST(SourceTime, ABadReadingKeepsItsReason) {
  Reading reading = bad_reading(1, noon, Reason::wrong_type);
  stamp(reading, {Type::text, false, "never"}, noon);
  EXPECT_EQ(reading, bad_reading(1, noon, Reason::wrong_type));
  stamp(reading, {Type::text, false, "2025-01-01T00:00:00Z"}, noon);
  EXPECT_EQ(reading.reason, Reason::wrong_type);
  EXPECT_EQ(reading.flags, source_time);
}

TEST(SourceTime, ToTheSecondOfTheStatedBounds) {
  const auto judged = [](Time source) {
    Reading reading = float64_reading(1, 5, 1);
    char digits[32];
    std::snprintf(digits, sizeof digits, "%lld", static_cast<long long>(source / millisecond));
    stamp(reading, {Type::number, false, digits}, noon);
    return reading;
  };
  EXPECT_EQ(judged(noon - 7 * day).quality, Quality::good);
  EXPECT_EQ(judged(noon - 7 * day - second).reason, Reason::source_time_too_old);
  EXPECT_EQ(judged(noon + minute).quality, Quality::good);
  EXPECT_EQ(judged(noon + minute + second).reason, Reason::source_time_ahead);
  EXPECT_EQ(judged(noon + minute + second).time, 5);
  EXPECT_EQ(judged(noon + minute + second).flags, 0);
}

}  // namespace
}  // namespace fieldweir
