#include "drivers/modbus/plan.h"

#include <gtest/gtest.h>

#include "core/random.h"

namespace fieldweir {
namespace {

using Points = std::vector<ModbusPoint>;
constexpr auto holding = ModbusTable::holding;
constexpr auto coil = ModbusTable::coil;

void expect_read(const PlannedRead& read, unsigned address, unsigned count, unsigned size) {
  EXPECT_EQ(read.address, address);
  EXPECT_EQ(read.count, count);
  EXPECT_EQ(read.size, size);
}

/// The fewest reads for sorted points from `from` on, by trying every end of the first read.
std::size_t fewest(const Points& sorted, std::size_t from, const ModbusLimits& limits) {
  if (from == sorted.size()) return 0;
  std::size_t best = SIZE_MAX;
  unsigned end = sorted[from].address;
  for (std::size_t i = from; i < sorted.size(); ++i) {
    if (i > from && sorted[i].address > end + limits.max_gap) break;
    end = std::max<unsigned>(end, sorted[i].address + sorted[i].width);
    if (end - sorted[from].address > limits.max_read) break;
    best = std::min(best, 1 + fewest(sorted, i + 1, limits));
  }
  return best;
}

TEST(ModbusPlan, JoinsNeighboursAndReadsThroughSmallGaps) {
  const ModbusPlan plan =
      plan_reads(Points{{holding, 20, 2}, {holding, 10, 1}, {holding, 14, 4}}, {3, 125});
  ASSERT_EQ(plan.reads.size(), 1u);
  expect_read(plan.reads[0], 10, 12, 3);
  EXPECT_EQ(plan.order, (std::vector<std::uint32_t>{1, 2, 0}));
}

TEST(ModbusPlan, LeavesLargeGaps) {
  const ModbusPlan plan = plan_reads(Points{{holding, 10, 1}, {holding, 15, 1}}, {3, 125});
  ASSERT_EQ(plan.reads.size(), 2u);
  expect_read(plan.reads[0], 10, 1, 1);
  expect_read(plan.reads[1], 15, 1, 1);
}

TEST(ModbusPlan, NeverSplitsAValue) {
  const ModbusPlan plan =
      plan_reads(Points{{holding, 0, 4}, {holding, 4, 4}, {holding, 8, 4}}, {0, 10});
  ASSERT_EQ(plan.reads.size(), 2u);
  expect_read(plan.reads[0], 0, 8, 2);
  expect_read(plan.reads[1], 8, 4, 1);
}

TEST(ModbusPlan, KeepsTablesApart) {
  const ModbusPlan plan =
      plan_reads(Points{{holding, 0, 1}, {ModbusTable::input, 0, 1}, {holding, 1, 1}}, {});
  ASSERT_EQ(plan.reads.size(), 2u);
  EXPECT_EQ(plan.reads[0].table, holding);
  EXPECT_EQ(plan.reads[0].size, 2u);
}

TEST(ModbusPlan, CountsBitsSixteenfold) {
  EXPECT_EQ(plan_reads(Points{{coil, 0, 1}, {coil, 17, 1}}, {1, 125}).reads.size(), 1u);
  EXPECT_EQ(plan_reads(Points{{coil, 0, 1}, {coil, 18, 1}}, {1, 125}).reads.size(), 2u);
  EXPECT_EQ(plan_reads(Points{{coil, 0, 1}, {coil, 1999, 1}}, {124, 125}).reads.size(), 2u);
  EXPECT_EQ(
      plan_reads(Points{{coil, 0, 1}, {coil, 1984, 1}, {coil, 1999, 1}}, {124, 125}).reads.size(),
      1u);
  EXPECT_EQ(
      plan_reads(Points{{coil, 0, 1}, {coil, 1984, 1}, {coil, 2000, 1}}, {124, 125}).reads.size(),
      2u);
}

TEST(ModbusPlan, SharesARegisterAmongSignals) {
  const ModbusPlan plan =
      plan_reads(Points{{holding, 4, 1}, {holding, 4, 1}, {holding, 3, 4}}, {0, 125});
  ASSERT_EQ(plan.reads.size(), 1u);
  expect_read(plan.reads[0], 3, 4, 3);
}

TEST(ModbusPlan, ReachesTheLastRegister) {
  const ModbusPlan plan = plan_reads(Points{{holding, 65535, 1}, {holding, 65411, 1}}, {124, 125});
  ASSERT_EQ(plan.reads.size(), 1u);
  expect_read(plan.reads[0], 65411, 125, 2);
}

TEST(ModbusPlan, AsFewAsAnExhaustiveSearchAndEveryPointInside) {
  Random random(11);
  for (int round = 0; round < 2000; ++round) {
    const ModbusLimits limits{static_cast<std::uint16_t>(random.below(6)),
                              static_cast<std::uint16_t>(4 + random.below(12))};
    Points points;
    for (std::uint64_t n = 1 + random.below(9); n > 0; --n)
      points.push_back({holding, static_cast<std::uint16_t>(random.below(60)),
                        static_cast<std::uint16_t>(1u << random.below(3))});
    const ModbusPlan plan = plan_reads(points, limits);
    Points sorted;
    for (const std::uint32_t index : plan.order) sorted.push_back(points[index]);
    ASSERT_EQ(plan.reads.size(), fewest(sorted, 0, limits)) << "round " << round;
    std::size_t seen = 0;
    for (const PlannedRead& read : plan.reads) {
      ASSERT_EQ(read.first, seen);
      ASSERT_LE(read.count, limits.max_read);
      for (; seen < read.first + read.size; ++seen) {
        ASSERT_GE(sorted[seen].address, read.address);
        ASSERT_LE(sorted[seen].address + sorted[seen].width, read.address + read.count);
      }
    }
    ASSERT_EQ(seen, points.size());
  }
}

}  // namespace
}  // namespace fieldweir
