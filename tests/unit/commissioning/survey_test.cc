// What a survey finds of devices that refuse in every way, and what it costs.
#include "drivers/modbus/survey.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace fieldweir {
namespace {

std::uint16_t pattern(unsigned address) { return static_cast<std::uint16_t>(address * 7 + 3); }
bool bit_pattern(unsigned address) { return address % 3 == 0; }

/// Refuses a whole read for one address that it does not have.
class Device {
 public:
  std::set<unsigned> has;
  unsigned most = 125;
  bool silent_about_holes = false;
  unsigned requests = 0;
  unsigned largest = 0;

  SurveyAsk ask() {
    return [this](ModbusTable table, std::uint16_t address, unsigned count) {
      return answer(table, address, count);
    };
  }

 private:
  Result<ModbusAnswer> answer(ModbusTable table, unsigned address, unsigned count) {
    ++requests;
    largest = std::max(largest, count);
    EXPECT_LE(address + count, 65'536u);
    if (count > most) return ModbusAnswer{{}, 3};
    for (unsigned i = 0; i < count; ++i)
      if (!has.contains(address + i)) {
        if (silent_about_holes) return error(Reason::timeout, "no answer in time");
        return ModbusAnswer{{}, 2};
      }
    data_.assign(holds_bits(table) ? (count + 7) / 8 : 2 * count, 0);
    for (unsigned i = 0; i < count; ++i) {
      if (holds_bits(table)) {
        if (bit_pattern(address + i)) data_[i / 8] |= static_cast<std::uint8_t>(1 << i % 8);
      } else {
        data_[2 * i] = static_cast<std::uint8_t>(pattern(address + i) >> 8);
        data_[2 * i + 1] = static_cast<std::uint8_t>(pattern(address + i));
      }
    }
    return ModbusAnswer{data_, 0};
  }
  std::vector<std::uint8_t> data_;
};

void add(std::set<unsigned>& has, unsigned first, unsigned last) {
  for (unsigned i = first; i <= last; ++i) has.insert(i);
}

std::vector<ModbusRange> ranges(const Survey& survey) {
  std::vector<ModbusRange> all;
  for (const auto& island : survey.islands) all.push_back(island.range);
  return all;
}

/// The islands that the device really has within a range.
std::vector<ModbusRange> truth(const std::set<unsigned>& has, ModbusRange within) {
  std::vector<ModbusRange> all;
  for (const unsigned i : has) {
    if (i < within.first || i > within.last) continue;
    if (!all.empty() && all.back().last + 1u == i)
      all.back().last = static_cast<std::uint16_t>(i);
    else
      all.push_back({static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i)});
  }
  return all;
}

void expect_data(const Survey& survey) {
  for (const auto& island : survey.islands) {
    ASSERT_EQ(island.data.size(), 2 * island.range.count());
    for (unsigned i = 0; i < island.range.count(); ++i)
      EXPECT_EQ(big_endian(island.data, 2 * i), pattern(island.range.first + i));
  }
}

TEST(Survey, LenientDeviceCostsOneRequestPerBlock) {
  Device device;
  add(device.has, 0, 9'999);
  const Survey found = survey(device.ask(), ModbusTable::holding, {0, 9'999}, 125, 1'000);
  EXPECT_EQ(ranges(found), (std::vector<ModbusRange>{{0, 9'999}}));
  EXPECT_EQ(found.requests, 80u);
  EXPECT_EQ(found.requests, device.requests);
  EXPECT_EQ(found.finest, 1u);
  expect_data(found);
}

TEST(Survey, FindsEveryIslandOfStrictDevices) {
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    Device device;
    device.most = round % 2 == 0 ? 125 : 20;
    for (int island = 0; island < 12; ++island) {
      const unsigned first = random() % 1'990;
      add(device.has, first, first + random() % 10);
    }
    const ModbusRange within{static_cast<std::uint16_t>(random() % 50), 1'999};
    const Survey found = survey(device.ask(), ModbusTable::input, within, 125, 100'000);
    EXPECT_EQ(ranges(found), truth(device.has, within)) << "round " << round;
    EXPECT_EQ(found.finest, 1u);
    EXPECT_LE(device.requests, 3'000u);
    expect_data(found);
  }
}

TEST(Survey, StaysWithinItsBudgetAndSaysHowFineItLooked) {
  Device device;
  add(device.has, 300, 380);  // longer than the first stride
  add(device.has, 1'003, 1'004);
  unsigned before = 0;
  for (const unsigned budget : {1u, 50u, 250u, 800u, 3'000u, 20'000u}) {
    device.requests = 0;
    const Survey found = survey(device.ask(), ModbusTable::holding, {0, 9'999}, 125, budget);
    EXPECT_LE(device.requests, budget);
    EXPECT_EQ(device.requests, found.requests);
    EXPECT_GE(found.islands.size(), before);
    before = static_cast<unsigned>(found.islands.size());
    if (found.finest > 0 && found.finest <= 64) {
      ASSERT_GE(found.islands.size(), 1u);
      EXPECT_EQ(found.islands[0].range, (ModbusRange{300, 380}));
    }
    if (budget == 1) {
      EXPECT_EQ(found.finest, 0u);
    }
  }
  EXPECT_EQ(before, 2u);
}

TEST(Survey, LearnsTheLargestRead) {
  Device device;
  add(device.has, 0, 199);
  device.most = 30;
  const Survey found = survey(device.ask(), ModbusTable::holding, {0, 199}, 125, 1'000);
  EXPECT_EQ(ranges(found), (std::vector<ModbusRange>{{0, 199}}));
  EXPECT_LE(found.most, 30u);
  EXPECT_GT(found.most, 15u - 1);
}

TEST(Survey, LeavesATableThatTheDeviceDoesNotHave) {
  int requests = 0;
  const SurveyAsk ask = [&](ModbusTable, std::uint16_t, unsigned) -> Result<ModbusAnswer> {
    ++requests;
    return ModbusAnswer{{}, 1};
  };
  const Survey found = survey(ask, ModbusTable::coil, {0, 65'535}, 2'000, 1'000);
  EXPECT_EQ(requests, 1);
  EXPECT_EQ(found.exception, 1);
  EXPECT_TRUE(found.islands.empty());
}

TEST(Survey, GivesUpOnADeviceThatIsGone) {
  Device device;
  device.silent_about_holes = true;
  const Survey found = survey(device.ask(), ModbusTable::holding, {0, 9'999}, 125, 1'000);
  EXPECT_EQ(device.requests, 3u);
  ASSERT_TRUE(found.ended);
  EXPECT_EQ(found.ended->reason, Reason::timeout);
}

TEST(Survey, BearsADeviceThatIsSilentAboutWhatItDoesNotHave) {
  Device device;
  device.silent_about_holes = true;
  add(device.has, 0, 249);
  add(device.has, 252, 500);
  const Survey found = survey(device.ask(), ModbusTable::holding, {0, 374}, 125, 1'000);
  EXPECT_EQ(ranges(found), (std::vector<ModbusRange>{{0, 249}, {252, 374}}));
}

TEST(Survey, ReachesTheLastAddress) {
  Device device;
  add(device.has, 65'530, 65'535);
  const Survey found = survey(device.ask(), ModbusTable::holding, {65'400, 65'535}, 125, 1'000);
  EXPECT_EQ(ranges(found), (std::vector<ModbusRange>{{65'530, 65'535}}));
}

TEST(Survey, PacksBitsAsOneAnswerWould) {
  Device device;
  device.most = 2'000;
  add(device.has, 5, 3'000);
  const Survey found = survey(device.ask(), ModbusTable::coil, {0, 3'100}, 2'000, 5'000);
  ASSERT_EQ(ranges(found), (std::vector<ModbusRange>{{5, 3'000}}));
  const auto& data = found.islands[0].data;
  ASSERT_EQ(data.size(), (2'996u + 7) / 8);
  for (unsigned i = 0; i < 2'996; ++i)
    EXPECT_EQ((data[i / 8] >> i % 8 & 1) != 0, bit_pattern(5 + i));
}

}  // namespace
}  // namespace fieldweir
