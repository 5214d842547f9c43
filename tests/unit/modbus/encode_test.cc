// What is written is what would be read: encode() against decode() and against known bytes.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "drivers/modbus/value.h"

namespace fieldweir {
namespace {

using Words = std::vector<std::uint16_t>;
constexpr Order orders[] = {Order::big, Order::little};

class Encode : public testing::Test {
 protected:
  Result<ModbusRegisters> encode(const ModbusValue::Format& format, const Reading& value,
                                 ModbusTable table = ModbusTable::holding) {
    return ModbusValue(format, texts_).encode(table, value);
  }
  Words words(const ModbusValue::Format& format, const Reading& value) {
    const auto registers = encode(format, value);
    if (!registers) return {};
    const auto& all = registers.value().words;
    return {all.begin(), all.begin() + registers.value().count};
  }
  Reason refusal(const ModbusValue::Format& format, const Reading& value) {
    const auto registers = encode(format, value);
    return registers ? Reason::none : registers.error().reason;
  }
  static ModbusValue::Format of(ModbusType type, Order words = Order::big,
                                Order bytes = Order::big) {
    ModbusValue::Format format;
    format.type = type;
    format.word_order = words;
    format.byte_order = bytes;
    return format;
  }
  /// decode -> encode gives the registers again, for the registers that hold `raw`.
  void round_trip(ModbusValue& value, std::uint64_t raw, std::uint16_t count) {
    ModbusRegisters before;
    before.count = count;
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < count; ++i, raw >>= 16) {
      before.words[i] = static_cast<std::uint16_t>(raw);
      bytes[2 * i] = static_cast<std::uint8_t>(raw >> 8);
      bytes[2 * i + 1] = static_cast<std::uint8_t>(raw);
    }
    const Reading reading = value.decode(ModbusTable::holding, bytes, 0, 7, 1000);
    if (reading.quality == Quality::bad) return;  // there is no value to write back
    const auto after = value.encode(ModbusTable::holding, reading);
    if (after && after.value().words == before.words && after.value().count == count)
      ++round_trips_;
    else
      ADD_FAILURE() << reading.as_number() << " came back as something else";
  }

  TextTable texts_{8};
  std::uint64_t round_trips_ = 0;
};

// The four ways in which 0x0A0B0C0D is met in the field, and the same of 64 bits.
TEST_F(Encode, KnownBytesInEveryOrder) {
  const Reading number = uint64_reading(7, 0, 0x0A0B0C0D);
  EXPECT_EQ(words(of(ModbusType::uint32), number), (Words{0x0A0B, 0x0C0D}));                 // ABCD
  EXPECT_EQ(words(of(ModbusType::uint32, Order::little), number), (Words{0x0C0D, 0x0A0B}));  // CDAB
  EXPECT_EQ(words(of(ModbusType::uint32, Order::big, Order::little), number),
            (Words{0x0B0A, 0x0D0C}));  // BADC
  EXPECT_EQ(words(of(ModbusType::uint32, Order::little, Order::little), number),
            (Words{0x0D0C, 0x0B0A}));  // DCBA
  const Reading wide = uint64_reading(7, 0, 0x0102030405060708);
  EXPECT_EQ(words(of(ModbusType::uint64), wide), (Words{0x0102, 0x0304, 0x0506, 0x0708}));
  EXPECT_EQ(words(of(ModbusType::uint64, Order::little, Order::little), wide),
            (Words{0x0807, 0x0605, 0x0403, 0x0201}));
  EXPECT_EQ(words(of(ModbusType::float32), float64_reading(7, 0, -123.4375)),
            (Words{0xC2F6, 0xE000}));
  EXPECT_EQ(words(of(ModbusType::float64), float64_reading(7, 0, 3.141592653589793)),
            (Words{0x4009, 0x21FB, 0x5444, 0x2D18}));
  EXPECT_EQ(words(of(ModbusType::bcd16), uint64_reading(7, 0, 1234)), (Words{0x1234}));
  EXPECT_EQ(words(of(ModbusType::bcd32), uint64_reading(7, 0, 98765432)), (Words{0x9876, 0x5432}));
  EXPECT_EQ(words(of(ModbusType::int16), int64_reading(7, 0, -2)), (Words{0xFFFE}));
  EXPECT_EQ(words(of(ModbusType::boolean), boolean_reading(7, 0, true)), (Words{1}));
}

TEST_F(Encode, EveryRawValueOf16BitsComesBack) {
  for (const ModbusType type : {ModbusType::int16, ModbusType::uint16, ModbusType::bcd16})
    for (const Order order : orders)
      for (const auto& [scale, offset] : {std::pair(1.0, 0.0),
                                          {0.1, 0.0},
                                          {0.01, -40.0},
                                          {-0.3, 17.25},
                                          {1000.0, 1.0},
                                          {1e-7, 0.0}}) {
        ModbusValue::Format format = of(type, Order::big, order);
        format.scale = scale;
        format.offset = offset;
        ModbusValue value(format, texts_);
        for (std::uint64_t raw = 0; raw <= 0xFFFF; ++raw) round_trip(value, raw, 1);
      }
  EXPECT_EQ(round_trips_, 12u * (65'536 + 65'536 + 10'000));
}

TEST_F(Encode, RandomWiderValuesComeBack) {
  std::mt19937_64 random(1);  // NOLINT: the same every time
  for (const auto& [type, scale] : {std::pair(ModbusType::int32, 1.0),
                                    {ModbusType::int32, 0.1},
                                    {ModbusType::uint32, 0.001},
                                    {ModbusType::int64, 1.0},
                                    {ModbusType::uint64, 1.0},
                                    {ModbusType::float32, 1.0},
                                    {ModbusType::float64, 1.0},
                                    {ModbusType::bcd32, 1.0}})
    for (const Order words : orders)
      for (const Order bytes : orders) {
        ModbusValue::Format format = of(type, words, bytes);
        format.scale = scale;
        ModbusValue value(format, texts_);
        for (int i = 0; i < 10'000; ++i) {
          const std::uint64_t raw = random();
          round_trip(value, registers_of(type) == 2 ? raw & 0xFFFFFFFF : raw, registers_of(type));
        }
      }
  EXPECT_GT(round_trips_, 7u * 4 * 9'900);
}

TEST_F(Encode, ScaledValuesAreRoundedToTheNearest) {
  ModbusValue::Format format = of(ModbusType::int16);
  format.scale = 0.1;
  EXPECT_EQ(words(format, float64_reading(7, 0, 21.7)), (Words{217}));
  EXPECT_EQ(words(format, float64_reading(7, 0, 21.74)), (Words{217}));
  EXPECT_EQ(words(format, float64_reading(7, 0, -21.76)), (Words{0xFF26}));
  EXPECT_EQ(words(format, int64_reading(7, 0, 20)), (Words{200}));
}

TEST_F(Encode, WhatDoesNotFitIsRefused) {
  using enum Reason;
  const auto number = [](double value) { return float64_reading(7, 0, value); };
  EXPECT_EQ(refusal(of(ModbusType::int16), number(32767)), none);
  EXPECT_EQ(refusal(of(ModbusType::int16), number(32768)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::int16), number(-32768)), none);
  EXPECT_EQ(refusal(of(ModbusType::int16), int64_reading(7, 0, -32769)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::uint16), int64_reading(7, 0, -1)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::uint16), number(65535.6)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::int64), uint64_reading(7, 0, UINT64_MAX)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::int64), number(0x1p63)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::uint64), number(0x1p64)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::uint64), uint64_reading(7, 0, UINT64_MAX)), none);
  EXPECT_EQ(refusal(of(ModbusType::bcd16), number(9999)), none);
  EXPECT_EQ(refusal(of(ModbusType::bcd16), number(10000)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::bcd32), number(-1)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::float32), number(3.5e38)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::float64), number(INFINITY)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::int16), number(NAN)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::boolean), number(2)), out_of_range);
  EXPECT_EQ(refusal(of(ModbusType::int16), boolean_reading(7, 0, true)), wrong_type);
  EXPECT_EQ(refusal(of(ModbusType::int16), text_reading(7, 0, 0)), wrong_type);
  EXPECT_EQ(refusal(of(ModbusType::boolean), bad_reading(7, 0, timeout)), wrong_type);
  ModbusValue::Format format = of(ModbusType::int16);
  format.invalid = {-32768};
  EXPECT_EQ(refusal(format, number(-32768)), invalid_code);
}

TEST_F(Encode, States) {
  ModbusValue::Format format = of(ModbusType::uint16);
  format.states = {{0, "off"}, {7, "on"}, {8, "on"}};
  ModbusValue value(format, texts_);
  const auto text = [&](const char* name) { return text_reading(7, 0, *texts_.intern(name)); };
  EXPECT_EQ(words(format, text("off")), (Words{0}));
  EXPECT_EQ(words(format, text("on")), (Words{7}));
  EXPECT_EQ(words(format, uint64_reading(7, 0, 8)), (Words{8}));
  EXPECT_EQ(refusal(format, text("dim")), Reason::out_of_range);
  EXPECT_EQ(refusal(format, uint64_reading(7, 0, 1)), Reason::out_of_range);
}

TEST_F(Encode, Coils) {
  const auto coil = encode(of(ModbusType::boolean), uint64_reading(7, 0, 1), ModbusTable::coil);
  ASSERT_TRUE(coil.ok());
  EXPECT_EQ(coil.value().words[0], 1);
  EXPECT_EQ(coil.value().count, 1);
}

}  // namespace
}  // namespace fieldweir
