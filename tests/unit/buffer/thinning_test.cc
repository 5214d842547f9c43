// A long outage in a small journal: what becomes coarser, what stays, and that it all adds up.
#include <cmath>
#include <cstdlib>

#include "buffer/groups.h"
#include "buffer/thinning.h"
#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

constexpr auto thinned_reason = static_cast<std::size_t>(Reason::thinned);
constexpr auto quota = static_cast<std::size_t>(Reason::quota);

struct Range {
  double min = INFINITY;
  double max = -INFINITY;
  void add(double least, double greatest) {
    min = std::min(min, least);
    max = std::max(max, greatest);
  }
  friend bool operator==(const Range&, const Range&) = default;
};

/// What a receiver makes of all that is pending.
struct History {
  std::uint64_t readings = 0;  // that arrived, thinned or not
  std::uint64_t thinned = 0;   // rows
  std::uint64_t lost = 0;      // as gaps say
  std::map<SignalId, Range> ranges;
  std::map<Time, std::uint64_t> hours;          // readings in each
  std::map<Duration, std::uint64_t> intervals;  // batches of each
  std::vector<Reading> rows;
  std::vector<Thinned> stand_for;  // of each row; count 1 for itself
};

History receive(Rig& rig, std::size_t uplink) {
  History history;
  Position after = rig.log->reader(uplink).cursor(Lane::telemetry).acknowledged;
  for (DecodedBatch batch(100);;) {
    const auto more = rig.log->reader(uplink).next(Lane::telemetry, after, batch);
    EXPECT_TRUE(more.ok()) << more.error().text.view();
    if (!more || !more.value()) break;
    EXPECT_GT(batch.replaces_from, after);
    after = batch.position;
    ++history.intervals[batch.interval];
    for (const Gap& gap : batch.gaps) history.lost += gap.readings;
    for (const Reading& row : batch.readings) {
      const Thinned* thinned = batch.thinned_of(row);
      const double value = row.kind == Kind::none ? 0 : row.as_number();
      const Thinned one = thinned != nullptr ? *thinned : Thinned{row.bits, value, value, 1};
      history.readings += one.count;
      history.thinned += thinned != nullptr ? 1 : 0;
      history.hours[row.time / hour] += one.count;
      history.ranges[row.signal].add(one.min, one.max);
      history.rows.push_back(row);
      history.stand_for.push_back(one);
    }
    rig.acknowledge(uplink, batch, {batch.readings.size(), 0, 0});
  }
  EXPECT_TRUE(rig.log->uplink_totals(uplink).balanced());
  EXPECT_EQ(rig.log->uplink_totals(uplink).queued, 0u);
  return history;
}

/// A plant that nobody fetches anything from.
struct Outage : Rig {
  explicit Outage(std::uint64_t max_size, std::vector<std::string> uplinks = {"down"})
      : Rig(std::move(uplinks)) {
    batch.rows = 500;
    buffer.max_size = max_size;
    buffer.commit.every = 10 * second;
    buffer.thin = ThinSettings{};
  }
  void poll(int count) {
    for (int i = 0; i < count; ++i) {
      const double wave = std::sin(static_cast<double>(polls) / 900.0 + i);
      const double value = std::round(600 + 50 * wave + 3 * random.unit()) / 10;
      const auto signal = static_cast<SignalId>(i);
      const Reading r = float64_reading(signal, clock.now(), value);
      added[signal].add(value, value);
      log->output().add({&r, 1}, clock.now());
      ++readings;
    }
    ++polls;
  }
  /// `count` signals each `every`, for so long.
  void run_plant(Duration duration, int count, Duration every) {
    for (const Time end = clock.now() + duration; clock.now() < end; clock.advance(every)) {
      poll(count);
      log->output().tick(clock.now());
      for (int turns = 0; log->recorder().turn(clock.now()) <= clock.now(); ++turns)
        ASSERT_LT(turns, 1'000) << "the recorder never rests";
      const JournalStatus journal = log->status().journal;
      ASSERT_LE(journal.database_bytes + journal.wal_bytes, buffer.max_size);
      ASSERT_EQ(journal.problem, Reason::none) << journal.problem_text.view();
    }
    log->output().flush(clock.now());
  }
  std::uint64_t dropped(std::size_t reason, std::size_t uplink = 0) const {
    return log->uplink_totals(uplink).dropped[reason];
  }

  std::uint64_t readings = 0;
  std::uint64_t polls = 0;
  std::map<SignalId, Range> added;
  Random random{11};
};

void print(const char* what, const Outage& rig, const History& history, std::uint64_t bytes) {
  std::printf("%s: %llu readings, %llu rows arrive (%llu thinned), %llu lost, %.1f MiB:", what,
              static_cast<unsigned long long>(rig.readings),
              static_cast<unsigned long long>(history.rows.size()),
              static_cast<unsigned long long>(history.thinned),
              static_cast<unsigned long long>(history.lost),
              static_cast<double>(bytes) / (1 << 20));
  for (const auto& [interval, batches] : history.intervals)
    std::printf(" %llu of %llds", static_cast<unsigned long long>(batches),
                static_cast<long long>(interval / second));
  std::printf("\n");
}

void expect_whole(const Outage& rig, const History& history, Time begun) {
  EXPECT_EQ(history.readings + history.lost, rig.readings);
  EXPECT_EQ(history.lost, 0u);
  EXPECT_TRUE(history.ranges == rig.added) << "an extreme is lost";
  for (Time h = begun / hour; h < rig.clock.now() / hour; ++h)
    EXPECT_GT(history.hours.count(h), 0u) << (h - begun / hour);
}

TEST(Thinning, ALongOutageInASmallJournalLeavesAWholeHistory) {
  const bool longer = std::getenv("FIELDWEIR_LONG") != nullptr;
  Outage rig(longer ? 16 << 20 : 1 << 20);
  rig.start();
  const Time begun = rig.clock.now();
  if (longer)
    rig.run_plant(7 * day, 99, second);  // the hundredth is an event
  else
    rig.run_plant(3 * day, 50, 20 * second);
  const JournalStatus journal = rig.log->status().journal;
  EXPECT_GT(rig.dropped(thinned_reason), rig.readings / 2);
  const History history = receive(rig, 0);
  print("outage", rig, history, journal.database_bytes + journal.wal_bytes);
  expect_whole(rig, history, begun);
  EXPECT_EQ(rig.dropped(thinned_reason), rig.readings - history.rows.size());
}

// What one interval of each kind becomes.
TEST(Thinning, NumbersHaveAMeanAndEverythingElseIsCounted) {
  Groups groups(100);
  groups.clear(minute);
  const Time start = FakeClock::start / minute * minute;
  BatchRows batch;
  batch.texts = {BatchText("off"), BatchText("heating")};
  const auto add = [&](Reading reading) { batch.readings.push_back(reading); };
  for (int i = 0; i < 10; ++i) add(float64_reading(0, start + i * second, 20.0 + 0.1 * i));
  for (int i = 0; i < 4; ++i) add(int64_reading(1, start + i * second, 7 * i));
  for (int i = 0; i < 6; ++i) add(boolean_reading(2, start + i * second, i >= 4));
  for (int i = 0; i < 6; ++i) add(text_reading(3, start + i * second, i >= 3 ? 0 : 1));
  for (int i = 0; i < 5; ++i) add(bad_reading(0, start + (20 + i) * second, Reason::timeout));
  add(float64_reading(0, start + 30 * second, NAN));
  add(float64_reading(0, start + 31 * second, INFINITY));
  add(uint64_reading(4, start + 59 * second, UINT64_MAX));
  add(float64_reading(0, start + minute, 99));
  for (int i = 0; i < 2; ++i) {
    add(float64_reading(5, start, 1));
    batch.readings.back().quality = Quality::uncertain;
    batch.readings.back().reason = Reason::stale;
  }
  ASSERT_TRUE(groups.add(batch));
  BatchRows out;
  groups.write(0, groups.size(), start, out);
  ASSERT_EQ(out.readings.size(), 11u);
  const auto row = [&](std::size_t i, SignalId signal, Kind kind, Quality quality, Reason reason,
                       Time time, std::uint32_t count) {
    const Reading& r = out.readings[i];
    EXPECT_EQ(r.signal, signal) << i;
    EXPECT_EQ(r.kind, kind) << i;
    EXPECT_EQ(r.quality, quality) << i;
    EXPECT_EQ(r.reason, reason) << i;
    EXPECT_EQ(r.time, start + time) << i;
    EXPECT_EQ(is_thinned(r) ? out.thinned[r.bits].count : 1, count) << i;
  };
  const auto good = Quality::good;
  row(0, 0, Kind::float64, good, Reason::none, 0, 10);
  row(1, 1, Kind::float64, good, Reason::none, 0, 4);
  row(2, 2, Kind::boolean, good, Reason::none, 0, 4);
  row(3, 2, Kind::boolean, good, Reason::none, 4 * second, 2);
  row(4, 3, Kind::text, good, Reason::none, 0, 3);
  row(5, 3, Kind::text, good, Reason::none, 3 * second, 3);
  row(6, 0, Kind::none, Quality::bad, Reason::timeout, 20 * second, 5);
  row(7, 0, Kind::none, Quality::bad, Reason::out_of_range, 30 * second, 2);
  row(8, 4, Kind::uint64, good, Reason::none, 59 * second, 1);
  row(9, 0, Kind::float64, good, Reason::none, minute, 1);
  row(10, 5, Kind::float64, Quality::uncertain, Reason::stale, 0, 2);
  EXPECT_EQ(out.readings[8].as_uint64(), UINT64_MAX) << "alone: as it was";
  const auto number = [](double value) { return std::bit_cast<std::uint64_t>(value); };
  EXPECT_TRUE((out.thinned[0] == Thinned{number(20.45), 20, 20.9, 10}));
  EXPECT_TRUE((out.thinned[1] == Thinned{number(10.5), 0, 21, 4}));
  EXPECT_EQ(groups.texts()[out.thinned[4].bits].view(), "heating");
}

TEST(Thinning, WhatIsThinnedAgainIsAsIfThinnedOnce) {
  Groups fine(1'000), coarse(1'000), again(1'000);
  fine.clear(minute);
  coarse.clear(hour);
  again.clear(hour);
  const Time start = FakeClock::start / hour * hour;
  Random random(3);
  BatchRows batch, rows, twice, once;
  for (int i = 0; i < 3'000; ++i)
    batch.readings.push_back(float64_reading(static_cast<SignalId>(i % 3), start + i * second,
                                             std::round(random.unit() * 100)));
  ASSERT_TRUE(fine.add(batch) && coarse.add(batch));
  fine.write(0, fine.size(), start, rows);
  EXPECT_EQ(rows.readings.size(), 150u);
  ASSERT_TRUE(again.add(rows));
  again.write(0, again.size(), start, twice);
  coarse.write(0, coarse.size(), start, once);
  ASSERT_EQ(twice.readings, once.readings);
  for (std::size_t i = 0; i < once.thinned.size(); ++i) {
    EXPECT_NEAR(std::bit_cast<double>(twice.thinned[i].bits),
                std::bit_cast<double>(once.thinned[i].bits), 0.011);
    twice.thinned[i].bits = once.thinned[i].bits;
    EXPECT_TRUE(twice.thinned[i] == once.thinned[i]);
  }
}

TEST(Thinning, ABatchThatDoesNotFitLeavesNoTrace) {
  Groups groups(3), same(3);
  groups.clear(minute);
  same.clear(minute);
  BatchRows small, large;
  for (SignalId i = 0; i < 2; ++i) small.readings.push_back(float64_reading(i, 0, 1));
  for (SignalId i = 0; i < 4; ++i) large.readings.push_back(float64_reading(i, 1, 2));
  ASSERT_TRUE(groups.add(small) && same.add(small));
  EXPECT_FALSE(groups.add(large));
  ASSERT_TRUE(groups.add(small) && same.add(small));
  BatchRows out, expected;
  groups.write(0, groups.size(), 0, out);
  same.write(0, same.size(), 0, expected);
  EXPECT_EQ(out.readings, expected.readings);
  EXPECT_TRUE(out.thinned == expected.thinned);
}

// Restarts, so that signals have other numbers; another uplink that fetches all; one that was sent
// some and acknowledged less.
TEST(Thinning, WhatAnUplinkMayHaveSeenStaysAsItWas) {
  Outage rig(1 << 20, {"down", "up"});
  rig.start();
  rig.run_plant(3 * hour, 50, 20 * second);
  const auto seen = rig.pending(0, Lane::telemetry, most_ahead);
  ASSERT_EQ(seen.size(), most_ahead);
  rig.deliver(1);
  for (int i = 0; i < 90; ++i) {
    rig.run_plant(20 * minute, 50, 20 * second);
    rig.deliver(1);
    if (i % 30 == 29) rig.restart();
  }
  EXPECT_EQ(rig.log->uplink_totals(1).dropped_total(), 0u) << "had all of it while it was fresh";
  EXPECT_EQ(rig.log->uplink_totals(1).delivered, rig.readings);
  ASSERT_GT(rig.dropped(thinned_reason), 0u);
  const auto now = rig.pending(0, Lane::telemetry, most_ahead);
  for (std::size_t i = 0; i < most_ahead; ++i) {
    EXPECT_EQ(now[i].position, seen[i].position);
    EXPECT_EQ(now[i].readings, seen[i].readings);
  }
  const History history = receive(rig, 0);
  EXPECT_EQ(history.readings, rig.readings);
  EXPECT_TRUE(history.ranges == rig.added);
}

TEST(Thinning, WhenAllIsThinnedTheOldestGoAndTheMarkCountsWhatTheyStoodFor) {
  Outage rig(1 << 20);
  rig.buffer.thin->every = hour;
  rig.batch.rows = 100;
  rig.start();
  rig.run_plant(40 * day, 90, 15 * minute);
  EXPECT_GT(rig.dropped(quota), 0u);
  EXPECT_GT(rig.dropped(thinned_reason), 0u);
  const History history = receive(rig, 0);
  print("too long", rig, history, 0);
  EXPECT_GT(history.lost, 0u);
  EXPECT_EQ(history.readings + history.lost, rig.readings);
}

TEST(Thinning, NothingIsThinnedUnlessAskedForNorWhileThereIsRoom) {
  for (const bool asked : {false, true}) {
    Outage rig(asked ? 64 << 20 : 1 << 20);
    if (!asked) rig.buffer.thin.reset();
    rig.start();
    rig.run_plant((asked ? 4 : 24) * hour, 50, 10 * second);
    EXPECT_EQ(rig.dropped(thinned_reason), 0u);
    EXPECT_EQ(rig.dropped(quota) > 0, !asked);
  }
}

// What an absent uplink is owed ends soon behind what the other may have seen: too few to thin.
TEST(Thinning, AFewBatchesThatAnAbsentUplinkIsOwedDoNotKeepTheRestFromIt) {
  Outage rig(1 << 20, {"gone", "down"});
  rig.start();
  rig.run_plant(70 * minute, 50, 20 * second);
  rig.stop();
  rig.set_uplinks({"down"});
  rig.start();
  rig.run_plant(day, 50, 20 * second);
  EXPECT_GT(rig.dropped(thinned_reason), 0u);
  EXPECT_EQ(rig.dropped(quota), 0u);
}

// A call looks at so many rows and no more: what it has by then comes together with what follows.
TEST(Thinning, WhatACallEndsAtIsNotPassedOver) {
  TempDir folder;
  Journal journal({.path = folder.file("journal.db"), .max_size = 64 << 20});
  ASSERT_TRUE(journal.open().ok());
  ASSERT_TRUE(journal.begin().ok());
  std::vector<std::byte> bytes(encoded_max(20));
  Encoder encoder(20, 20);
  BatchHeader header;
  std::uint64_t seq = 0;
  const auto put = [&](std::span<const Reading> rows) {
    header.position = header.replaces_from = {1, 1, ++seq};
    header.rows = static_cast<std::uint32_t>(rows.size());
    const std::size_t size = encoder.encode(header, rows, {}, {}, bytes);
    ASSERT_TRUE(
        journal.put(Lane::telemetry, header.position, header.rows, std::span(bytes).first(size))
            .ok());
  };
  while (seq + 1 < Thinning::most_looks) put({});
  const Position last_mark = header.position;
  for (Time now = day; now < day + hour; now += 10 * second) {
    std::vector<Reading> rows;
    for (SignalId id = 0; id < 20; ++id) rows.push_back(uint64_reading(id, now, seq));
    put(rows);
  }
  const SignalTable signals(0);
  Tail tail(16, 20, 0, {}, signals);
  Thinning thinning({}, 20, 20);
  Drops drops;
  for (int call = 0; call < 5; ++call)
    ASSERT_TRUE(thinning.thin(journal, tail, {}, 2 * day, drops).ok());
  const auto first = journal.row_after(Lane::telemetry, row_id(Lane::telemetry, last_mark));
  ASSERT_TRUE(first.ok());
  EXPECT_GT(position_of(first.value().id, 1).seq, last_mark.seq + 1);
}

}  // namespace
}  // namespace fieldweir
