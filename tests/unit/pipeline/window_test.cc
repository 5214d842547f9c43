#include "pipeline/window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "tests/support/fake_clock.h"

namespace fieldweir {
namespace {

constexpr Time start = FakeClock::start;  // a full minute

class Rig {
 public:
  explicit Rig(Duration grace = 2 * second, std::vector<Aggregate> emit = {Aggregate::mean},
               Time begin = start)
      : window(minute, grace, results(emit)), out_(window.most_results()) {
    window.make_room(begin, out_);
  }
  void read(double value, Time time) { window.add(float64_reading(0, time, value)); }
  std::vector<Reading> close(Time now) { return taken(window.close(now, out_)); }
  std::vector<Reading> make_room(Time now) { return taken(window.make_room(now, out_)); }
  std::vector<Reading> stop() { return taken(window.stop(out_)); }

 private:
  static std::vector<Window::Result> results(const std::vector<Aggregate>& emit) {
    std::vector<Window::Result> made;
    for (const Aggregate each : emit)
      made.push_back({each, static_cast<SignalId>(10 + made.size())});
    return made;
  }
  std::vector<Reading> taken(std::size_t count) { return {out_.begin(), out_.begin() + count}; }

 public:
  Window window;

 private:
  std::vector<Reading> out_;
};

constexpr std::initializer_list<Aggregate> all = {
    Aggregate::mean,  Aggregate::min,   Aggregate::max, Aggregate::sum,
    Aggregate::count, Aggregate::first, Aggregate::last};

TEST(Window, ComputesEveryAggregateAtTheStartOfItsStretch) {
  Rig rig(2 * second, all);
  rig.read(4, start + 30 * second);
  rig.read(1, start + 10 * second);  // out of order: the first by event time
  rig.read(7, start + 59 * second);
  EXPECT_TRUE(rig.close(start + minute).empty());
  const auto results = rig.close(start + minute + 2 * second);
  const std::vector<Reading> expected = {
      float64_reading(10, start, 4),  float64_reading(11, start, 1), float64_reading(12, start, 7),
      float64_reading(13, start, 12), uint64_reading(14, start, 3),  float64_reading(15, start, 1),
      float64_reading(16, start, 7)};
  EXPECT_EQ(results, expected);
}

TEST(Window, AlignsToTheEpochAlsoBefore1970) {
  Rig rig(0, {Aggregate::count}, -6 * minute);
  rig.read(1, -5 * minute - 1);
  rig.read(1, -5 * minute);
  const auto results = rig.close(-4 * minute);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].time, -6 * minute);
  EXPECT_EQ(results[1].time, -5 * minute);
}

TEST(Window, KeepsKindsAndExactIntegers) {
  Rig rig(0, {Aggregate::min, Aggregate::max, Aggregate::last});
  rig.window.add(int64_reading(0, start, INT64_MAX - 1));
  rig.window.add(int64_reading(0, start + 1, INT64_MAX));
  const auto results = rig.close(start + minute);
  EXPECT_EQ(results[0], int64_reading(10, start, INT64_MAX - 1));
  EXPECT_EQ(results[1], int64_reading(11, start, INT64_MAX));
  EXPECT_EQ(results[2], int64_reading(12, start, INT64_MAX));
}

TEST(Window, ALateReadingWithinGraceCountsAndBeyondItDoesNot) {
  Rig rig;
  rig.read(1, start);
  rig.close(start + minute + second);
  rig.read(3, start + 59 * second);
  EXPECT_EQ(rig.close(start + minute + 2 * second).at(0).as_float64(), 2);
  rig.read(100, start + 59 * second);
  EXPECT_EQ(rig.window.late.get(), 1u);
  EXPECT_TRUE(rig.close(start + 10 * minute).empty());
}

TEST(Window, ADeviceFromTheFutureClosesNothing) {
  Rig rig;
  rig.read(1, start);
  rig.read(5, start + 100 * 365 * day);
  EXPECT_EQ(rig.window.ahead.get(), 1u);
  rig.read(3, start + second);
  EXPECT_EQ(rig.close(start + minute + 2 * second).at(0).as_float64(), 2);
}

TEST(Window, AReadingSlightlyAheadGoesIntoTheNextWindow) {
  Rig rig;
  rig.read(1, start + minute + second);
  EXPECT_EQ(rig.window.ahead.get(), 0u);
  EXPECT_EQ(rig.close(start + 2 * minute + 2 * second).at(0).time, start + minute);
}

TEST(Window, SomeBadReadingsMakeItUncertainOnlyBadOnesBad) {
  Rig rig(0, {Aggregate::mean, Aggregate::count});
  rig.read(2, start);
  rig.window.add(bad_reading(0, start + 1, Reason::timeout));
  auto results = rig.close(start + minute);
  EXPECT_EQ(results[0].as_float64(), 2);
  EXPECT_EQ(results[0].quality, Quality::uncertain);
  EXPECT_EQ(results[0].reason, Reason::timeout);
  EXPECT_EQ(results[1].as_uint64(), 1u);
  rig.make_room(start + minute);
  rig.window.add(bad_reading(0, start + minute, Reason::not_connected));
  results = rig.close(start + 2 * minute);
  EXPECT_EQ(results[0], bad_reading(10, start + minute, Reason::not_connected));
  EXPECT_EQ(results[1].quality, Quality::bad);
}

TEST(Window, UncertainReadingsCountAndMakeItUncertain) {
  Rig rig(0);
  Reading clamped = float64_reading(0, start, 250);
  clamped.quality = Quality::uncertain;
  clamped.reason = Reason::out_of_range;
  rig.window.add(clamped);
  const Reading result = rig.close(start + minute).at(0);
  EXPECT_EQ(result.as_float64(), 250);
  EXPECT_EQ(result.quality, Quality::uncertain);
  EXPECT_EQ(result.reason, Reason::out_of_range);
}

TEST(Window, AnEmptyWindowEmitsNothing) {
  Rig rig(0, all);
  EXPECT_TRUE(rig.close(start + 5 * minute).empty());
}

TEST(Window, OneThatThisRunSawOnlyInPartSaysSo) {
  Rig rig(0, {Aggregate::mean}, start + 20 * second);
  rig.read(1, start + 30 * second);
  rig.read(1, start + minute);
  const auto results = rig.close(start + 2 * minute);
  EXPECT_EQ(results.at(0).quality, Quality::uncertain);
  EXPECT_EQ(results.at(0).reason, Reason::stopped);
  EXPECT_EQ(results.at(1).quality, Quality::good);
}

TEST(Window, StoppingEmitsWhatIsOpenAsUncertain) {
  Rig rig;
  rig.read(1, start);
  rig.read(2, start + minute);
  const auto results = rig.stop();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].time, start + minute);
  EXPECT_EQ(results[1].reason, Reason::stopped);
}

TEST(Window, AfterAStandstillReadingsOfNowHaveTheirRoom) {
  Rig rig;
  rig.read(1, start);
  const Time later = start + 30 * minute;
  EXPECT_EQ(rig.make_room(later).at(0).time, start);
  rig.read(2, later);
  rig.read(2, later - minute);  // within reach of grace: still open
  EXPECT_EQ(rig.window.late.get() + rig.window.ahead.get(), 0u);
  EXPECT_EQ(rig.close(later + minute + 2 * second).size(), 2u);
}

TEST(Window, GraceLongerThanTheWindowKeepsThemAllOpen) {
  Window window(second, 10 * second, {{Aggregate::count, 10}});
  std::vector<Reading> out(window.most_results());
  std::size_t results = 0;
  for (int i = 0; i < 100; ++i) {
    const Time now = start + i * second;
    results += window.make_room(now, out);
    window.add(float64_reading(0, now, 1));
    window.add(float64_reading(0, now - 9 * second, 1));
    results += window.close(now, out);
  }
  EXPECT_EQ(window.late.get(), 0u);
  EXPECT_EQ(window.ahead.get(), 0u);
  EXPECT_EQ(results, 98u);  // -9 s ... 88 s: the later ones still wait
}

TEST(WindowSettings, AreRead) {
  config::Mistakes mistakes;
  WindowSettings settings;
  window_fields().read(
      config::load_text("w", "{name: w, of: a.b, tumbling: 1m, emit: [mean, last], grace: 0}",
                        mistakes),
      settings, mistakes);
  EXPECT_TRUE(mistakes.empty()) << mistakes.text();
  EXPECT_EQ(settings.tumbling, minute);
  EXPECT_EQ(settings.of.name, "a.b");
  EXPECT_EQ(settings.emit, (std::vector{Aggregate::mean, Aggregate::last}));
  EXPECT_EQ(kind_of(Aggregate::last, Kind::int64), Kind::int64);
  EXPECT_EQ(kind_of(Aggregate::count, Kind::int64), Kind::uint64);
}

}  // namespace
}  // namespace fieldweir
