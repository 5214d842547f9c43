// What `simulate` serves moves, and is what the configuration says when it is read back.
#include "drivers/modbus/motion.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "config/load.h"
#include "drivers/drivers.h"

namespace fieldweir {
namespace {

constexpr const char* everything = R"(name: device
modbus_tcp: {host: 192.0.2.10}
poll: {fast: 1s}
signals:
  - {name: temp, table: input, address: 0, type: int16, scale: 0.1, offset: -40}
  - {name: swapped, table: input, address: 1, type: uint16, byte_order: little}
  - {name: flow, table: input, address: 2, type: float32, word_order: little}
  - {name: wide, table: input, address: 4, type: float64, scale: 0.001}
  - {name: energy, table: holding, address: 0, type: uint64}
  - {name: power, table: holding, address: 4, type: int32, byte_order: little, scale: 10}
  - {name: count, table: holding, address: 6, type: bcd32}
  - {name: small, table: holding, address: 8, type: bcd16, decimals: 1, scale: 0.01}
  - {name: on, table: holding, address: 9, type: bit, bit: 3}
  - {name: mode, table: holding, address: 9, type: bits, bit: 4, bits: 3}
  - {name: turned, table: holding, address: 10, type: bit, bit: 15, byte_order: little}
  - {name: state, table: holding, address: 11, type: uint16, enum: {0: "off", 1: heating, 7: fault}}
  - {name: serial, table: holding, address: 12, type: string, length: 8}
  - {name: volts, table: holding, address: 30, type: uint16, scale_register: 32}
  - {name: amps, table: holding, address: 31, type: int16, scale_register: 32, scale: 2}
  - {name: setpoint, table: holding, address: 50, type: int16, scale: 0.1, write: {min: 20, max: 85, step: 5}}
  - {name: valve, table: coil, address: 3}
  - {name: alarm, table: discrete, address: 12}
)";

class MotionTest : public testing::Test {
 protected:
  MotionTest() {
    config::Mistakes mistakes;
    const config::Node node = config::load_text("device", everything, mistakes);
    for (const DriverKind& kind : driver_kinds())
      if (kind.key == "modbus_tcp") settings_ = kind.read(node, mistakes);
    EXPECT_TRUE(mistakes.empty()) << mistakes.text();
    for (const ModbusSignal& signal : device().modbus_signals) points_.push_back(signal.point);
    unit_ = std::make_unique<ModbusUnit>(points_);
    motion_ = std::make_unique<Motion>(device(), *unit_);
  }

  const ModbusDevice& device() const { return dynamic_cast<const ModbusDevice&>(*settings_); }

  const ModbusSignal& signal(const std::string& name) const {
    for (const ModbusSignal& one : device().modbus_signals)
      if (one.name == name) return one;
    throw std::out_of_range(name);
  }

  /// As the driver would read it.
  Reading reading(const ModbusSignal& of) {
    std::vector<std::uint8_t> data;
    for (unsigned i = 0; i < of.point.width; ++i) {
      const auto at = static_cast<std::uint16_t>(of.point.address + i);
      // what lies between a value and its scale factor is not there to be read alone
      const std::uint16_t word = unit_->covers(of.table, at, 1) ? unit_->get(of.table, at) : 0;
      if (!holds_bits(of.table)) data.push_back(static_cast<std::uint8_t>(word >> 8));
      data.push_back(static_cast<std::uint8_t>(word));
    }
    return ModbusValue(of.format, texts_).decode(of.table, data, 0, 0, 0);
  }

  std::unique_ptr<DeviceSettings> settings_;
  std::vector<ModbusPoint> points_;
  TextTable texts_{256};
  std::unique_ptr<ModbusUnit> unit_;
  std::unique_ptr<Motion> motion_;
};

TEST_F(MotionTest, EverySignalIsGoodAllTheTimeAndMoves) {
  std::map<std::string, std::set<std::uint64_t>> seen;
  for (Duration t = 0; t < 10 * minute; t += 700 * millisecond) {
    motion_->move(t);
    for (const ModbusSignal& one : device().modbus_signals) {
      const Reading now = reading(one);
      ASSERT_EQ(now.quality, Quality::good) << one.name << " at " << t;
      seen[one.name].insert(now.bits);
    }
  }
  for (const auto& [name, values] : seen)
    EXPECT_GE(values.size(), name == "serial" ? 1u : 2u) << name;
  EXPECT_EQ(seen["state"].size(), 3u);
  EXPECT_EQ(seen["mode"].size(), 8u);
  EXPECT_EQ(texts_[static_cast<std::uint32_t>(*seen["serial"].begin())], "serial");
}

TEST_F(MotionTest, ValuesAreThoseOfTheConfiguration) {
  motion_->move(15 * second);  // a quarter of the swing: the first signal is at its top
  EXPECT_NEAR(reading(signal("temp")).as_number(), 900 * 0.1 - 40, 1e-9);
  EXPECT_EQ(reading(signal("energy")).as_uint64(), 100'150u);
  EXPECT_EQ(reading(signal("power")).as_number(), 1'001'500);
  EXPECT_EQ(reading(signal("count")).as_uint64(), 100'150u);
  const double volts = reading(signal("volts")).as_number();
  EXPECT_GE(volts, 10);
  EXPECT_LE(volts, 90);
}

TEST_F(MotionTest, WhatMayBeWrittenStaysWithinItsLimitsAndOnItsSteps) {
  for (Duration t = 0; t < 3 * minute; t += second) {
    motion_->move(t);
    const double value = reading(signal("setpoint")).as_number();
    EXPECT_GE(value, 20);
    EXPECT_LE(value, 85);
    EXPECT_NEAR(std::fmod(value, 5), 0, 1e-9);
  }
}

TEST_F(MotionTest, WhatIsWrittenStays) {
  unit_->mark_written(ModbusTable::holding, 50, 1);
  unit_->set(ModbusTable::holding, 50, 425);
  unit_->mark_written(ModbusTable::coil, 3, 1);
  unit_->set(ModbusTable::coil, 3, 1);
  for (Duration t = 0; t < minute; t += second) {
    motion_->move(t);
    EXPECT_EQ(reading(signal("setpoint")).as_number(), 42.5);
    EXPECT_TRUE(reading(signal("valve")).as_boolean());
  }
}

}  // namespace
}  // namespace fieldweir
