// A value that is known to be true is found among others, whatever it is written as.
#include "drivers/modbus/guess.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace fieldweir {
namespace {

/// 40 registers of noise from address 100 on.
Survey::Island noise(unsigned seed) {
  std::mt19937 random(seed);
  Survey::Island island{{100, 139}, {}};
  for (int i = 0; i < 80; ++i) island.data.push_back(static_cast<std::uint8_t>(random()));
  return island;
}

void put(Survey::Island& island, unsigned address, const Interpretation& way, double raw) {
  TextTable texts(1);
  const auto registers =
      ModbusValue(way.format(), texts).encode(ModbusTable::holding, float64_reading(0, 0, raw));
  ASSERT_TRUE(registers.ok());
  for (unsigned i = 0; i < registers.value().count; ++i) {
    const unsigned at = 2 * (address - island.range.first + i);
    island.data[at] = static_cast<std::uint8_t>(registers.value().words[i] >> 8);
    island.data[at + 1] = static_cast<std::uint8_t>(registers.value().words[i]);
  }
}

std::size_t rank(const std::vector<Guess>& guesses, unsigned address, const Interpretation& way,
                 double scale) {
  const auto found = std::ranges::find_if(guesses, [&](const Guess& g) {
    return g.address == address && g.way == way && g.scale == scale;
  });
  return static_cast<std::size_t>(found - guesses.begin());
}

TEST(Guess, ToleranceIsHalfOfTheLastDigit) {
  EXPECT_DOUBLE_EQ(known_value("230.4")->tolerance, 0.05);
  EXPECT_DOUBLE_EQ(known_value("230.40")->tolerance, 0.005);
  EXPECT_DOUBLE_EQ(known_value("-7")->tolerance, 0.5);
  EXPECT_EQ(known_value("-7")->value, -7);
  for (const char* text : {"", "abc", "230,4", "1 2", "nan", "inf", "12x"})
    EXPECT_FALSE(known_value(text)) << text;
  EXPECT_TRUE(known_value("230.4")->matches(230.45));
  EXPECT_FALSE(known_value("230.4")->matches(230.46));
}

TEST(Guess, FindsEveryTypeOrderAndScale) {
  for (const Interpretation& way : interpretations())
    for (const double scale : {0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0}) {
      const double raw = 230.4 / scale;
      const bool real = info(way.type).shape == ModbusShape::real;
      const double stored = real ? raw : std::round(raw);
      if (stored == 0 || (way.registers() == 1 && stored > 32'767)) continue;
      Survey::Island island = noise(5);
      put(island, 110, way, stored);
      const double tolerance = std::max(0.05, std::abs(stored * scale - 230.4));
      const auto found = guess(ModbusTable::holding, {island}, {230.4, tolerance});
      EXPECT_LT(rank(found, 110, way, scale), found.size())
          << info(way.type).name << " x " << scale;
    }
}

TEST(Guess, ThePlausibleComesFirst) {
  const std::pair<Interpretation, double> usual[] = {
      {{ModbusType::uint16, Order::big, Order::big}, 0.1},
      {{ModbusType::float32, Order::big, Order::big}, 1},
      {{ModbusType::float32, Order::little, Order::big}, 1},
      {{ModbusType::uint32, Order::big, Order::big}, 0.01},
  };
  for (const auto& [way, scale] : usual)
    for (unsigned seed = 0; seed < 50; ++seed) {
      Survey::Island island = noise(seed);
      put(island, 110, way, std::round(230.4 / scale * 100) / 100);
      const auto found = guess(ModbusTable::holding, {island}, *known_value("230.4"));
      EXPECT_LT(rank(found, 110, way, scale), 3u) << info(way.type).name << " seed " << seed;
    }
}

TEST(Guess, ASecondValueLeavesTheRightOne) {
  const Interpretation way{ModbusType::uint16, Order::big, Order::big};
  Survey::Island before = noise(1);
  put(before, 110, way, 2304);
  put(before, 111, way, 2304);  // stands still
  Survey::Island after = before;
  put(after, 110, way, 2311);
  const auto first = guess(ModbusTable::holding, {before}, *known_value("230.4"));
  ASSERT_LT(rank(first, 111, way, 0.1), first.size());
  const auto second = still_right(first, ModbusTable::holding, {after}, *known_value("231.1"));
  ASSERT_FALSE(second.empty());
  EXPECT_LT(second.size(), first.size());
  EXPECT_EQ(second[0].address, 110);
  EXPECT_EQ(second[0].scale, 0.1);
  EXPECT_EQ(rank(second, 111, way, 0.1), second.size());
}

TEST(Guess, NeverReadsBeyondAnIsland) {
  // the two halves of a float32 on both sides of a hole are no float32
  const Survey::Island left{{100, 100}, {0x43, 0x66}};
  const Survey::Island right{{102, 102}, {0x66, 0x66}};
  EXPECT_TRUE(guess(ModbusTable::input, {left, right}, *known_value("230.4")).empty());
}

}  // namespace
}  // namespace fieldweir
