#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "filters.h"

namespace fieldweir {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class Filter {
 public:
  explicit Filter(const std::string& yaml)
      : stage_(profile("[" + yaml + "]")[0].settings->make()) {}

  /// What becomes of one reading: itself, another or nothing.
  std::optional<Reading> operator()(const Reading& reading) {
    Reading out;
    const std::size_t count = stage_->run({&reading, 1}, {&out, 1}, reading.time);
    return count == 0 ? std::nullopt : std::optional(out);
  }
  std::optional<Reading> operator()(double value, Time time = 0) {
    return (*this)(float64_reading(0, time, value));
  }
  bool passes(double value, Time time = 0) { return (*this)(value, time).has_value(); }
  bool passes(const Reading& reading) { return (*this)(reading).has_value(); }

 private:
  std::unique_ptr<Stage> stage_;
};

Reading bad(Reason reason, Time time = 0) { return bad_reading(0, time, reason); }

TEST(Range, DropsWhatLiesOutside) {
  Filter range("range: {min: -50, max: 250}");
  for (const double inside : {-50.0, 0.0, 250.0}) EXPECT_EQ(range(inside)->as_float64(), inside);
  for (const double outside : {-50.1, 250.1, nan, 1e300}) EXPECT_FALSE(range.passes(outside));
  EXPECT_EQ(range(20.0)->quality, Quality::good);
}

TEST(Range, ClampsAndSaysSo) {
  Filter range("range: {min: -50, max: 250, else: clamp}");
  const Reading high = *range(300);
  EXPECT_EQ(high.as_float64(), 250);
  EXPECT_EQ(high.quality, Quality::uncertain);
  EXPECT_EQ(high.reason, Reason::out_of_range);
  EXPECT_EQ(range(-51)->as_float64(), -50);
  EXPECT_EQ(range(nan)->quality, Quality::bad);
}

TEST(Range, ClampsIntegersToIntegersInside) {
  Filter range("range: {min: -1.5, max: 2.5, else: clamp}");
  EXPECT_EQ(*range(int64_reading(0, 0, 9)),
            (Reading{0, 2, 0, Kind::int64, Quality::uncertain, Reason::out_of_range, 0}));
  EXPECT_EQ(range(int64_reading(0, 0, -9))->as_int64(), -1);
  EXPECT_EQ(range(uint64_reading(0, 0, UINT64_MAX))->as_uint64(), 2u);
  Filter beyond("range: {min: 1e300, else: clamp}");
  EXPECT_EQ(beyond(int64_reading(0, 0, 0))->as_int64(), INT64_MAX);
  EXPECT_EQ(beyond(uint64_reading(0, 0, 0))->as_uint64(), UINT64_MAX);
}

TEST(Range, MarksAndKeepsTheValue) {
  Filter range("range: {max: 250, else: mark}");
  const Reading marked = *range(300);
  EXPECT_EQ(marked.as_float64(), 300);
  EXPECT_EQ(marked.quality, Quality::uncertain);
  EXPECT_EQ(marked.reason, Reason::out_of_range);
}

TEST(Range, BadReadingsAndTextsPass) {
  Filter range("range: {min: 0, max: 1}");
  EXPECT_EQ(range(bad(Reason::timeout)), bad(Reason::timeout));
  EXPECT_TRUE(range.passes(text_reading(0, 0, 7)));
}

TEST(Median, SwallowsASpikeAndFollowsAStep) {
  Filter median("median: 3");
  std::vector<double> out;
  for (const double in : {1, 1, 100, 1, 1, 5, 5, 5}) out.push_back(median(in)->as_float64());
  EXPECT_EQ(out, (std::vector<double>{1, 1, 1, 1, 1, 1, 5, 5}));
}

TEST(Median, IsTheMedianOfTheLastN) {
  Filter median("median: 31");
  std::vector<double> seen;
  for (int i = 0; i < 500; ++i) {
    const double value = (i * 7919) % 101;
    seen.push_back(value);
    std::vector<double> recent(seen.end() - std::min<std::ptrdiff_t>(31, std::ssize(seen)),
                               seen.end());
    std::sort(recent.begin(), recent.end());
    ASSERT_EQ(median(value, i)->as_float64(), recent[(recent.size() - 1) / 2]);
  }
}

TEST(Median, KeepsTheKindAndTheTimeOfNow) {
  Filter median("median: 3");
  median(int64_reading(0, 1, INT64_MAX));
  median(int64_reading(0, 2, 1));
  EXPECT_EQ(*median(int64_reading(0, 3, INT64_MAX - 4096)), int64_reading(0, 3, INT64_MAX - 4096));
}

TEST(Median, ForgetsAtABadReading) {
  Filter median("median: 5");
  for (int i = 0; i < 5; ++i) median(1.0);
  EXPECT_EQ(median(bad(Reason::timeout)), bad(Reason::timeout));
  EXPECT_EQ(median(9.0)->as_float64(), 9);
}

TEST(Deadband, HoldsSmallChangesBack) {
  Filter deadband("deadband: {abs: 0.2}");
  EXPECT_TRUE(deadband.passes(10.0));
  EXPECT_FALSE(deadband.passes(10.2 - 1e-9));
  EXPECT_FALSE(deadband.passes(9.9));
  EXPECT_TRUE(deadband.passes(10.3));
  EXPECT_FALSE(deadband.passes(10.2));  // from the last one let through, not from the first
}

TEST(Deadband, HeartbeatIsEventTime) {
  Filter deadband("deadband: {abs: 1, heartbeat: 10s}");
  EXPECT_TRUE(deadband.passes(1, 0));
  EXPECT_FALSE(deadband.passes(1, 9 * second));
  EXPECT_TRUE(deadband.passes(1, 10 * second));
  EXPECT_FALSE(deadband.passes(1, 19 * second));
  EXPECT_TRUE(deadband.passes(1, 0));  // a source whose clock went back
}

TEST(Deadband, EveryChangeOfQualityComesOut) {
  Filter deadband("deadband: {abs: 1000, heartbeat: 1h}");
  EXPECT_TRUE(deadband.passes(1));
  EXPECT_TRUE(deadband.passes(bad(Reason::timeout)));
  EXPECT_FALSE(deadband.passes(bad(Reason::timeout)));
  EXPECT_TRUE(deadband.passes(bad(Reason::not_connected)));
  EXPECT_TRUE(deadband.passes(1));
  Reading uncertain = float64_reading(0, 0, 1);
  uncertain.quality = Quality::uncertain;
  EXPECT_TRUE(deadband.passes(uncertain));
}

TEST(Deadband, IsExactFor64BitCountersAndKnowsTextsApart) {
  Filter counter("deadband: {abs: 0}");
  EXPECT_TRUE(counter.passes(uint64_reading(0, 0, UINT64_MAX - 1)));
  EXPECT_TRUE(counter.passes(uint64_reading(0, 0, UINT64_MAX)));
  EXPECT_FALSE(counter.passes(uint64_reading(0, 0, UINT64_MAX)));
  Filter negative("deadband: {abs: 2}");
  EXPECT_TRUE(negative.passes(int64_reading(0, 0, -1)));
  EXPECT_FALSE(negative.passes(int64_reading(0, 0, 1)));
  EXPECT_TRUE(negative.passes(int64_reading(0, 0, INT64_MIN)));
  EXPECT_TRUE(negative.passes(int64_reading(0, 0, INT64_MAX)));
  Filter text("deadband: {abs: 5}");
  EXPECT_TRUE(text.passes(text_reading(0, 0, 1)));
  EXPECT_TRUE(text.passes(text_reading(0, 0, 2)));
  EXPECT_FALSE(text.passes(text_reading(0, 0, 2)));
  Filter infinite("deadband: {abs: 5}");
  EXPECT_TRUE(infinite.passes(nan));
  EXPECT_TRUE(infinite.passes(nan));  // never silent about what cannot be compared
}

TEST(RateLimit, LetsOneThroughPerStretch) {
  Filter limit("rate_limit: 10s");
  EXPECT_TRUE(limit.passes(1, 0));
  EXPECT_FALSE(limit.passes(2, 10 * second - 1));
  EXPECT_TRUE(limit.passes(3, 10 * second));
  EXPECT_TRUE(limit.passes(4, second));  // a source whose clock went back
}

TEST(RateLimit, EveryChangeOfQualityComesOut) {
  Filter limit("rate_limit: 1h");
  EXPECT_TRUE(limit.passes(1));
  EXPECT_TRUE(limit.passes(bad(Reason::timeout)));
  EXPECT_FALSE(limit.passes(bad(Reason::timeout)));
  EXPECT_TRUE(limit.passes(bad(Reason::bad_response)));
  EXPECT_TRUE(limit.passes(1));
}

TEST(Profiles, MistakesAreNamed) {
  const std::pair<const char*, const char*> table[] = {
      {"[medain: 5]", "did you mean 'median'"},
      {"[median: 4]", "odd"},
      {"[median: 33]", "31"},
      {"[range: {min: 5, max: 1}]", "'min' not above 'max'"},
      {"[range: {min: 0, otherwise: drop}]", "otherwise"},
      {"[deadband: {heartbeat: 1m}]", "abs"},
      {"[deadband: {abs: -1}]", "0"},
      {"[deadband: {percent: 1}]", "not available in this version"},
      {"[monotonic: {rollover: 1}]", "not available in this version"},
      {"[rate_limit: 5]", "duration"},
      {"[median: 3, median]", "expected one filter"},
      {"median", "list"},
  };
  for (const auto& [yaml, expected] : table) {
    Profile ignored;
    EXPECT_THAT(mistakes_in_profile(yaml, ignored), testing::HasSubstr(expected)) << yaml;
  }
}

}  // namespace
}  // namespace fieldweir
