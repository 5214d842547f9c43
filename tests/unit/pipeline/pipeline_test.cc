#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include "filters.h"
#include "tests/support/fake_clock.h"

namespace fieldweir {
namespace {

struct Recorded final : Output {
  struct Loss {
    Reason reason;
    std::uint64_t readings;
    Time from, to;
  };
  void add(std::span<const Reading> in, Time) override {
    readings.insert(readings.end(), in.begin(), in.end());
  }
  void lost(Reason reason, Time from, Time to, std::uint64_t count) override {
    losses.push_back({reason, count, from, to});
  }
  Time tick(Time) override { return due; }
  void flush(Time) override { ++flushes; }

  std::vector<Reading> readings;
  std::vector<Loss> losses;
  Time due = never;
  int flushes = 0;
};

class PipelineTest : public testing::Test {
 protected:
  Pipeline& pipeline() {
    if (!pipeline_) {
      pipeline_.emplace(PipelinePlan{signals, std::move(filtered), windows}, latest, output);
      pipeline_->add_bus({a, account_a});
      pipeline_->add_bus({b, account_b});
    }
    return *pipeline_;
  }
  void put(Ring<Reading>& ring, BusAccount& account, const Reading& reading) {
    account.sampled.add();
    if (!ring.push(reading)) account.lost[Reason::ring_full].add();
  }
  void put(const Reading& reading) { put(a, account_a, reading); }

  static constexpr std::size_t signals = 20;
  Ring<Reading> a{1024}, b{1024};
  BusAccount account_a, account_b;
  LatestValues latest{signals};
  Recorded output;
  std::vector<FilteredSignals> filtered;
  std::vector<WindowPlan> windows;
  Time now = FakeClock::start;
  std::optional<Pipeline> pipeline_;
};

TEST_F(PipelineTest, PassesReadingsInOrderAndRemembersTheLatest) {
  for (int i = 0; i < 700; ++i) put(float64_reading(static_cast<SignalId>(i % 3), now + i, i));
  EXPECT_EQ(pipeline().turn(now), never);
  ASSERT_EQ(output.readings.size(), 700u);
  for (int i = 0; i < 700; ++i) EXPECT_EQ(output.readings[i].as_float64(), i);
  EXPECT_EQ(latest.read(0)->as_float64(), 699);
  EXPECT_FALSE(latest.read(3).has_value());
}

TEST_F(PipelineTest, TakesFromEveryRingInTurnsOfAChunk) {
  for (int i = 0; i < 1000; ++i) {
    put(a, account_a, float64_reading(0, now, i));
    put(b, account_b, float64_reading(1, now, i));
  }
  pipeline().turn(now);
  EXPECT_EQ(output.readings.size(), 2000u);
  EXPECT_EQ(output.readings[255].signal, 0u);
  EXPECT_EQ(output.readings[256].signal, 1u);
}

TEST_F(PipelineTest, IsDueWhenTheOutputIs) {
  output.due = now + 5;
  EXPECT_EQ(pipeline().turn(now), now + 5);
}

TEST_F(PipelineTest, OwnReadingsComeWhenDueAreDerivedAndWindowsSeeThem) {
  struct Own final : OwnReadings {
    Time due() const override { return when; }
    std::span<const Reading> take(Time now) override {
      one = uint64_reading(5, now, 7);
      when = now + 300 * millisecond;
      return {&one, 1};
    }
    Time when = FakeClock::start;
    Reading one;
  } own;
  windows = {{5, minute, second, {{Aggregate::max, 10}}}};
  pipeline().add_own(own);
  EXPECT_EQ(pipeline().turn(now), now + 300 * millisecond);
  pipeline().turn(now + millisecond);  // not yet
  EXPECT_EQ(output.readings, (std::vector{uint64_reading(5, now, 7)}));
  EXPECT_EQ(pipeline().account().derived.get(), 1u);
  EXPECT_EQ(latest.read(5)->as_uint64(), 7u);
  pipeline().finish(now + 2 * millisecond);
  EXPECT_EQ(output.readings.back().signal, 10u);
}

TEST_F(PipelineTest, FiltersEachSignalByItselfAndCounts) {
  const Profile calm = profile("[range: {max: 100}, deadband: {abs: 1}]");
  filtered.push_back({2, 2, calm});
  for (const SignalId signal : {2u, 3u, 4u}) {
    put(float64_reading(signal, now, 10));
    put(float64_reading(signal, now, 10.5));
    put(float64_reading(signal, now, 500));
  }
  pipeline().turn(now);
  EXPECT_EQ(output.readings.size(), 1u + 1u + 3u);
  EXPECT_EQ(latest.read(2)->as_float64(), 10);
  EXPECT_EQ(pipeline().account().filtered.get(), 4u);
  for (const StageKind& kind : stage_kinds())
    EXPECT_EQ(pipeline().filtered_by(kind), kind.key == "range" || kind.key == "deadband" ? 2u : 0u)
        << kind.key;
}

TEST_F(PipelineTest, WindowsSeeWhatFiltersLetThrough) {
  const Profile calm = profile("[range: {max: 100}]");
  filtered.push_back({0, 1, calm});
  windows = {{0, minute, second, {{Aggregate::mean, 10}, {Aggregate::count, 11}}},
             {1, minute, second, {{Aggregate::max, 12}}},
             {0, 2 * minute, second, {{Aggregate::last, 13}}}};
  for (const double value : {1.0, 3.0, 1000.0}) put(float64_reading(0, now + second, value));
  put(float64_reading(1, now, 7));
  EXPECT_EQ(pipeline().turn(now + 2 * second), now + minute + second);
  output.readings.clear();
  EXPECT_EQ(pipeline().turn(now + minute + second), now + 2 * minute + second);
  ASSERT_EQ(output.readings.size(), 3u);
  EXPECT_EQ(output.readings[0].signal, 10u);
  EXPECT_EQ(output.readings[0].as_float64(), 2);
  EXPECT_EQ(output.readings[1].as_uint64(), 2u);
  EXPECT_EQ(output.readings[2].as_float64(), 7);
  EXPECT_EQ(latest.read(12)->as_float64(), 7);
  EXPECT_EQ(pipeline().account().derived.get(), 3u);
  pipeline().turn(now + 2 * minute + second);
  EXPECT_EQ(output.readings.back().signal, 13u);
}

/// A run whose gateway time is an hour behind, beside a source whose clock is right.
TEST_F(PipelineTest, ATimeOfTheSourceEntersTheWindowOfItsMomentAlsoIfGatewayTimeIsWrong) {
  FakeClock clock;
  clock.set_error(hour);
  windows = {{1, minute, 2 * second, {{Aggregate::mean, 11}, {Aggregate::count, 12}}}};
  pipeline().add_clock(clock);
  now = clock.now();
  pipeline().turn(now);
  Reading dated = float64_reading(1, now + 61 * second + hour, 7);
  dated.flags = source_time;
  clock.set(now += 61 * second);
  put(dated);
  put(float64_reading(1, now, 9));
  clock.set_synchronised(false);  // its time says nothing then, and it enters none
  pipeline().turn(now);
  EXPECT_EQ(pipeline().late_for_windows(), 1u);
  clock.set_synchronised(true);
  put(dated);
  pipeline().turn(now);
  EXPECT_EQ(pipeline().late_for_windows(), 1u);
  clock.set(now += 2 * minute);
  pipeline().turn(now);
  EXPECT_EQ(latest.read(11)->as_float64(), 8);
  EXPECT_EQ(latest.read(11)->time, FakeClock::start + minute);
  EXPECT_EQ(latest.read(1)->time, dated.time);  // as given
}

TEST_F(PipelineTest, WhatIsInTheRingsWhenAWindowClosesIsStillApplied) {
  windows = {{0, minute, 0, {{Aggregate::count, 10}}}};
  pipeline().turn(now);
  put(float64_reading(0, now + minute - 1, 1));
  pipeline().turn(now + minute);
  EXPECT_EQ(output.readings.back(), uint64_reading(10, now, 1));
  EXPECT_EQ(pipeline().late_for_windows(), 0u);
}

TEST_F(PipelineTest, LossesOnABusBecomeGapsOnce) {
  pipeline().turn(now);
  for (int i = 0; i < 1030; ++i) put(float64_reading(0, now, i));
  pipeline().turn(now + second);
  put(float64_reading(0, now, 1));
  pipeline().turn(now + 2 * second);
  ASSERT_EQ(output.losses.size(), 1u);
  EXPECT_EQ(output.losses[0].reason, Reason::ring_full);
  EXPECT_EQ(output.losses[0].readings, 6u);
  EXPECT_EQ(output.losses[0].from, now);
  EXPECT_EQ(output.losses[0].to, now + second);
}

TEST_F(PipelineTest, FinishEmptiesRingsAndWindowsAndFlushes) {
  windows = {{0, minute, second, {{Aggregate::count, 10}}}};
  pipeline().turn(now);
  for (int i = 0; i < 1024; ++i) put(float64_reading(0, now, i));
  pipeline().finish(now + second);
  EXPECT_EQ(a.size(), 0u);
  ASSERT_EQ(output.readings.size(), 1025u);
  EXPECT_EQ(output.readings.back().as_uint64(), 1024u);
  EXPECT_EQ(output.readings.back().reason, Reason::stopped);
  EXPECT_EQ(output.flushes, 1);
}

// A bus counts a reading as sampled first and as lost a moment later; a turn may come in between.
TEST_F(PipelineTest, ReportsALossThatIsCountedAfterItsReading) {
  account_a.sampled.add();
  pipeline().turn(now);
  EXPECT_TRUE(output.losses.empty());
  account_a.lost[Reason::ring_full].add();
  pipeline().turn(now + second);
  ASSERT_EQ(output.losses.size(), 1u);
  EXPECT_EQ(output.losses[0].readings, 1u);
  EXPECT_EQ(output.losses[0].from, now);
}

TEST_F(PipelineTest, ALossBeforeTheFirstTurnIsNotOf1970) {
  account_a.sampled.add();
  account_a.lost[Reason::ring_full].add();
  pipeline().turn(now);
  ASSERT_EQ(output.losses.size(), 1u);
  EXPECT_EQ(output.losses[0].from, now);
}

TEST_F(PipelineTest, TheFieldSideOfTheLedgerBalances) {
  const Profile calm = profile("[median: 3, deadband: {abs: 5}, rate_limit: 3s]");
  filtered.push_back({0, 3, calm});
  windows = {{1, 10 * second, second, {{Aggregate::mean, 10}, {Aggregate::max, 11}}},
             {5, 10 * second, 0, {{Aggregate::sum, 12}}}};
  for (int i = 0; i < 20'000; ++i) {
    now += 10 * millisecond;
    put(i % 7 == 0 ? bad_reading(static_cast<SignalId>(i % 9), now, Reason::timeout)
                   : float64_reading(static_cast<SignalId>(i % 9), now, (i * 37) % 100));
    if (i % 1500 == 0) pipeline().turn(now);
  }
  pipeline().finish(now);
  const PipelineAccount& account = pipeline().account();
  EXPECT_GT(account_a.lost.total(), 0u);
  EXPECT_GT(account.filtered.get(), 0u);
  EXPECT_EQ(account_a.sampled.get() + account.derived.get(),
            account.filtered.get() + account_a.lost.total() + output.readings.size());
}

}  // namespace
}  // namespace fieldweir
