#include "drivers/modbus/holes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/random.h"
#include "drivers/modbus/group_poll.h"

namespace fieldweir {
namespace {

constexpr auto holding = ModbusTable::holding;
constexpr Time start = 1'767'225'600 * second;

using Points = std::vector<ModbusPoint>;

/// What a device does with a read: refuses it if it holds a missing register or is too long.
struct Device {
  std::set<unsigned> missing;
  unsigned longest = 125;
  std::uint64_t requests = 0;
  std::uint64_t refusals = 0;

  bool refuses(const PlannedRead& read) {
    ++requests;
    const auto hole = missing.lower_bound(read.address);
    const bool refused = read.count > longest ||
                         (hole != missing.end() && *hole < unsigned{read.address} + read.count);
    refusals += refused ? 1 : 0;
    return refused;
  }
  bool has(const ModbusPoint& point) const {
    const auto hole = missing.lower_bound(point.address);
    return point.width <= longest &&
           (hole == missing.end() || *hole >= unsigned{point.address} + point.width);
  }
};

Points sorted(const Points& points) {
  Points result;
  for (const std::uint32_t i : reading_order(points)) result.push_back(points[i]);
  return result;
}

/// One poll; how often each point was read in it.
std::vector<int> poll(GroupPoll& poll, const Points& points, Device& device, Time now) {
  std::vector<int> times(points.size(), 0);
  poll.start(points, now, false);
  while (const PlannedRead* read = poll.next()) {
    const bool refused = device.refuses(*read);
    for (std::uint32_t i = 0; !refused && i < read->size; ++i) ++times[read->first + i];
    refused ? poll.refused() : poll.answered();
  }
  return times;
}

/// The fewest reads that get every point that the device has, by trying every end of each read.
std::size_t fewest(const Points& have, const ModbusLimits& limits, const Device& device) {
  std::vector<std::size_t> best(have.size() + 1, 0);
  for (std::size_t from = have.size(); from-- > 0;) {
    best[from] = SIZE_MAX;
    unsigned end = have[from].address;
    Device trial = device;
    for (std::size_t i = from; i < have.size(); ++i) {
      if (i > from && have[i].address > end + limits.max_gap) break;
      end = std::max<unsigned>(end, have[i].address + have[i].width);
      const PlannedRead read{holding, have[from].address,
                             static_cast<std::uint16_t>(end - have[from].address), 0, 0};
      if (read.count > limits.max_read || trial.refuses(read)) break;
      best[from] = std::min(best[from], 1 + best[i + 1]);
    }
  }
  return best[0];
}

void expect_learnt(const Points& points, Device& device, const ModbusLimits& limits) {
  ModbusHoles holes(limits, points.size());
  GroupPoll group(holes);
  Points have;
  for (const ModbusPoint& point : points)
    if (device.has(point)) have.push_back(point);

  const std::vector<int> first = poll(group, points, device, start);
  for (std::size_t i = 0; i < points.size(); ++i) {
    ASSERT_EQ(first[i], device.has(points[i]) ? 1 : 0) << "point " << i;  // in the very first poll
    ASSERT_EQ(holes.bad(points[i]), !device.has(points[i])) << "point " << i;
  }
  // nothing costs more than asking for each point by itself, twice, and the search for each hole
  ASSERT_LE(device.requests, 16 * points.size());

  const std::uint64_t requests = device.requests;
  const std::uint64_t refusals = device.refusals;
  ASSERT_EQ(poll(group, points, device, start + second), first);
  EXPECT_EQ(device.refusals, refusals);
  EXPECT_EQ(device.requests - requests, fewest(have, limits, device));
}

TEST(ModbusHoles, AMissingRegisterCostsOnlyItsPoint) {
  Points points;
  for (std::uint16_t i = 0; i < 100; ++i) points.push_back({holding, i, 1});
  Device device;
  device.missing = {37};
  expect_learnt(points, device, {});
  EXPECT_LE(device.requests, 1 + 3 * 7 + 2 + 2u);  // the block, the search, two reads, twice
}

TEST(ModbusHoles, AGapThatCannotBeReadThroughIsWalkedAround) {
  Device device;
  device.missing = {12};
  const Points points = {{holding, 10, 2}, {holding, 14, 2}, {holding, 18, 2}};
  expect_learnt(points, device, {8, 125});
}

TEST(ModbusHoles, ADeviceThatTakesShortReadsOnlyGetsThem) {
  for (const unsigned longest : {1u, 2u, 7u, 50u, 100u, 124u}) {
    SCOPED_TRACE(longest);
    Points points;
    for (std::uint16_t i = 0; i < 400; ++i) points.push_back({holding, i, 1});
    Device device;
    device.longest = longest;
    expect_learnt(points, device, {0, 125});
    // one search, not one for each block; where only single registers are taken, it looks like
    // holes
    if (longest > 1) {
      EXPECT_LE(device.requests, 2 * ((400 + longest - 1) / longest) + 30);
    }
  }
}

TEST(ModbusHoles, ADeviceThatHasNothingIsAskedTwiceForEachPoint) {
  Points points;
  for (std::uint16_t i = 0; i < 100; ++i) points.push_back({holding, i, 1});
  Device device;
  device.longest = 0;
  ModbusHoles holes({}, points.size());
  GroupPoll group(holes);
  poll(group, points, device, start);
  EXPECT_LE(device.requests, 200u);
  device.requests = 0;
  poll(group, points, device, start + second);
  EXPECT_EQ(device.requests, 0u);
  group.start(points, start + 2 * second, true);  // it has just come back: is it there?
  const PlannedRead* read = group.next();
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->size, 0u);
  group.refused();
  EXPECT_EQ(group.next(), nullptr);
}

TEST(ModbusHoles, RandomDevicesAreReadWithTheFewestRequests) {
  Random random(5);
  for (int round = 0; round < 1000; ++round) {
    SCOPED_TRACE(round);
    const ModbusLimits limits{static_cast<std::uint16_t>(random.below(10)),
                              static_cast<std::uint16_t>(8 + random.below(60))};
    Points points;
    unsigned address = 0;
    for (std::uint64_t n = 1 + random.below(80); n > 0; --n) {
      address += static_cast<unsigned>(random.below(3) == 0 ? random.below(12) : 0);
      const auto width = static_cast<std::uint16_t>(1u << random.below(3));
      points.push_back({holding, static_cast<std::uint16_t>(address), width});
      address += width;
    }
    Device device;
    for (std::uint64_t n = random.below(8); n > 0; --n)
      device.missing.insert(static_cast<unsigned>(random.below(address)));
    expect_learnt(points, device, limits);
  }
}

// As with scale factors: several values share the register at the end of their block.
TEST(ModbusHoles, OverlappingPointsAreJudgedOneByOne) {
  const Points points =
      sorted({{holding, 0, 5}, {holding, 1, 4}, {holding, 2, 3}, {holding, 9, 1}});
  Device device;
  device.missing = {1};
  ModbusHoles holes({}, points.size());
  GroupPoll group(holes);
  EXPECT_EQ(poll(group, points, device, start), (std::vector<int>{0, 0, 1, 1}));
  EXPECT_EQ(poll(group, points, device, start), (std::vector<int>{0, 0, 1, 1}));
}

TEST(ModbusHoles, ALimitIsOfItsTable) {
  Points points;
  for (std::uint16_t i = 0; i < 40; ++i) points.push_back({ModbusTable::coil, i, 1});
  for (std::uint16_t i = 0; i < 40; ++i) points.push_back({holding, i, 1});
  ModbusHoles holes({}, points.size());
  ASSERT_TRUE(holes.learn({holding, 0, 11, true}, start));
  EXPECT_EQ(holes.next_read(points, 0).count, 40);
  EXPECT_EQ(holes.next_read(points, 40).count, 10);
}

TEST(ModbusHoles, ADayCostsLessThanOnePercentMore) {
  for (const Duration interval : {second, minute, hour}) {
    SCOPED_TRACE(interval);
    Points points;
    for (std::uint16_t i = 0; i < 200; ++i)
      points.push_back({holding, static_cast<std::uint16_t>(i + i / 20 * 3), 1});
    Device device;
    device.missing = {5, 22, 100, 101, 170};
    device.longest = 60;
    ModbusHoles holes({}, points.size());
    GroupPoll group(holes);
    poll(group, points, device, start);
    const std::uint64_t learning = device.requests;
    EXPECT_LE(learning, 200u);
    device.requests = 0;
    poll(group, points, device, start);
    const std::uint64_t ideal = device.requests;
    device.requests = 0;
    std::uint64_t polls = 0;
    for (Time now = start + interval; now <= start + day; now += interval, ++polls)
      poll(group, points, device, now);
    EXPECT_LE(static_cast<double>(device.requests), 1.01 * static_cast<double>(polls * ideal));
    if (interval <= second) {
      EXPECT_LE(static_cast<double>(device.requests + learning),
                1.01 * static_cast<double>(polls * ideal));
    }
  }
}

TEST(ModbusHoles, WhatIsMendedIsFoundAndAllIsLearntAnew) {
  Points points;
  for (std::uint16_t i = 0; i < 100; ++i) points.push_back({holding, i, 1});
  Device device;
  device.missing = {10, 20, 30, 40};
  ModbusHoles holes({}, points.size());
  GroupPoll group(holes);
  poll(group, points, device, start);
  device.missing = {40};
  std::vector<int> times;
  Time now = start;
  for (; now < start + hour; now += second)
    if (times = poll(group, points, device, now); times[10] == 1) break;
  EXPECT_LE(now, start + ModbusHoles::probe_every + second);
  for (const unsigned i : {10u, 20u, 30u}) EXPECT_EQ(times[i], 1);
  EXPECT_EQ(times[40], 0);
}

TEST(ModbusHoles, ARefusalThatIsNotRepeatedLeavesNothingBehind) {
  Points points;
  for (std::uint16_t i = 0; i < 50; ++i) points.push_back({holding, i, 1});
  Device device;
  ModbusHoles holes({}, points.size());
  GroupPoll group(holes);
  group.start(points, start, false);
  ASSERT_NE(group.next(), nullptr);
  group.refused();
  std::vector<int> times(points.size(), 0);
  while (const PlannedRead* read = group.next()) {
    for (std::uint32_t i = 0; i < read->size; ++i) ++times[read->first + i];
    group.answered();
  }
  EXPECT_EQ(times, std::vector<int>(50, 1));
  EXPECT_TRUE(holes.empty());
}

TEST(ModbusHoles, AnotherExceptionEndsASearchAndNamesWhatWasNotRead) {
  Points points;
  for (std::uint16_t i = 0; i < 50; ++i) points.push_back({holding, i, 1});
  ModbusHoles holes({}, points.size());
  GroupPoll group(holes);
  group.start(points, start, false);
  ASSERT_NE(group.next(), nullptr);
  group.refused();
  ASSERT_NE(group.next(), nullptr);
  EXPECT_EQ(group.failed().size, 50u);
  EXPECT_EQ(group.next(), nullptr);
}

// Whatever a mad device answers, a poll ends.
TEST(ModbusHoles, ChanceAnswersEndToo) {
  Random random(9);
  Points points;
  for (std::uint16_t i = 0; i < 60; ++i) points.push_back({holding, i, 1});
  ModbusHoles holes({}, points.size());
  GroupPoll group(holes);
  for (int round = 0; round < 1000; ++round) {
    const Time now = start + round * minute;
    int requests = 0;
    group.start(points, now, round % 2 == 0);
    while (group.next() != nullptr) {
      ASSERT_LT(++requests, 3000);
      random.below(3) == 0 ? group.refused() : group.answered();
    }
  }
}

}  // namespace
}  // namespace fieldweir
