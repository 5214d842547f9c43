#include "drivers/modbus/value.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace fieldweir {
namespace {

using Bytes = std::vector<std::uint8_t>;

Reading decode(ModbusValue::Format format, const Bytes& data, std::size_t index = 0,
               ModbusTable table = ModbusTable::holding) {
  TextTable texts(8);
  return ModbusValue(std::move(format), texts).decode(table, data, index, 7, 1000);
}

ModbusValue::Format of(ModbusType type, Order words = Order::big, Order bytes = Order::big) {
  ModbusValue::Format format;
  format.type = type;
  format.word_order = words;
  format.byte_order = bytes;
  return format;
}

// What Python's struct.pack('>h', -12345) and so on gives, its 16-bit words and their bytes
// reordered.
struct Packed {
  ModbusType type;
  Reading expected;
  Bytes big_big, big_little, little_big, little_little;  // word order, byte order
};

const Packed packed[] = {
    {ModbusType::int16,
     int64_reading(7, 1000, -12345),
     {0xCF, 0xC7},
     {0xC7, 0xCF},
     {0xCF, 0xC7},
     {0xC7, 0xCF}},
    {ModbusType::uint16,
     uint64_reading(7, 1000, 54321),
     {0xD4, 0x31},
     {0x31, 0xD4},
     {0xD4, 0x31},
     {0x31, 0xD4}},
    {ModbusType::int32,
     int64_reading(7, 1000, -1234567890),
     {0xB6, 0x69, 0xFD, 0x2E},
     {0x69, 0xB6, 0x2E, 0xFD},
     {0xFD, 0x2E, 0xB6, 0x69},
     {0x2E, 0xFD, 0x69, 0xB6}},
    {ModbusType::uint32,
     uint64_reading(7, 1000, 4023456789),
     {0xEF, 0xD1, 0x14, 0x15},
     {0xD1, 0xEF, 0x15, 0x14},
     {0x14, 0x15, 0xEF, 0xD1},
     {0x15, 0x14, 0xD1, 0xEF}},
    {ModbusType::int64,
     int64_reading(7, 1000, -1234567890123456789),
     {0xEE, 0xDD, 0xEF, 0x0B, 0x82, 0x16, 0x7E, 0xEB},
     {0xDD, 0xEE, 0x0B, 0xEF, 0x16, 0x82, 0xEB, 0x7E},
     {0x7E, 0xEB, 0x82, 0x16, 0xEF, 0x0B, 0xEE, 0xDD},
     {0xEB, 0x7E, 0x16, 0x82, 0x0B, 0xEF, 0xDD, 0xEE}},
    {ModbusType::uint64,
     uint64_reading(7, 1000, 18364758544493064720u),
     {0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10},
     {0xDC, 0xFE, 0x98, 0xBA, 0x54, 0x76, 0x10, 0x32},
     {0x32, 0x10, 0x76, 0x54, 0xBA, 0x98, 0xFE, 0xDC},
     {0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE}},
    {ModbusType::float32,
     float64_reading(7, 1000, -123.4375),
     {0xC2, 0xF6, 0xE0, 0x00},
     {0xF6, 0xC2, 0x00, 0xE0},
     {0xE0, 0x00, 0xC2, 0xF6},
     {0x00, 0xE0, 0xF6, 0xC2}},
    {ModbusType::float64,
     float64_reading(7, 1000, 3.141592653589793),
     {0x40, 0x09, 0x21, 0xFB, 0x54, 0x44, 0x2D, 0x18},
     {0x09, 0x40, 0xFB, 0x21, 0x44, 0x54, 0x18, 0x2D},
     {0x2D, 0x18, 0x54, 0x44, 0x21, 0xFB, 0x40, 0x09},
     {0x18, 0x2D, 0x44, 0x54, 0xFB, 0x21, 0x09, 0x40}},
};

TEST(ModbusValue, EveryTypeInEveryOrder) {
  for (const Packed& p : packed) {
    SCOPED_TRACE(static_cast<int>(p.type));
    EXPECT_EQ(decode(of(p.type, Order::big, Order::big), p.big_big), p.expected);
    EXPECT_EQ(decode(of(p.type, Order::big, Order::little), p.big_little), p.expected);
    EXPECT_EQ(decode(of(p.type, Order::little, Order::big), p.little_big), p.expected);
    EXPECT_EQ(decode(of(p.type, Order::little, Order::little), p.little_little), p.expected);
  }
}

TEST(ModbusValue, SaysItsKind) {
  for (const Packed& p : packed) EXPECT_EQ(of(p.type).kind(), p.expected.kind);
  EXPECT_EQ(of(ModbusType::bit).kind(), Kind::boolean);
  ModbusValue::Format scaled = of(ModbusType::int16);
  scaled.scale = 2;
  EXPECT_EQ(scaled.kind(), Kind::float64);
}

TEST(ModbusValue, TakesItsPlaceInTheBlock) {
  EXPECT_EQ(decode(of(ModbusType::uint16), {0, 1, 0, 2, 0, 3}, 2).as_uint64(), 3u);
}

TEST(ModbusValue, BitsOfABitTableComeLowestFirst) {
  const Bytes data = {0b0000'0100, 0b0000'0001};
  for (std::size_t i = 0; i < 16; ++i)
    EXPECT_EQ(decode(of(ModbusType::boolean), data, i, ModbusTable::coil).as_boolean(),
              i == 2 || i == 8);
}

TEST(ModbusValue, BitsOfARegister) {
  for (unsigned bit = 0; bit < 16; ++bit) {
    ModbusValue::Format format = of(ModbusType::bit);
    format.bit = bit;
    EXPECT_EQ(decode(format, {0x80, 0x08}).as_boolean(), bit == 3 || bit == 15) << bit;
    format.byte_order = Order::little;
    EXPECT_EQ(decode(format, {0x80, 0x08}).as_boolean(), bit == 7 || bit == 11) << bit;
  }
  EXPECT_FALSE(decode(of(ModbusType::boolean), {0, 0}).as_boolean());
  EXPECT_TRUE(decode(of(ModbusType::boolean), {1, 0}).as_boolean());
}

TEST(ModbusValue, ScaleAndOffset) {
  ModbusValue::Format format = of(ModbusType::int16);
  format.scale = 0.1;
  EXPECT_EQ(decode(format, {0x00, 0xD9}).as_float64(), 21.7);  // not 21.700000000000003
  format.scale = -0.01;
  EXPECT_EQ(decode(format, {0x00, 0xD9}).as_float64(), -2.17);
  format.scale = 0.3;
  format.offset = -40;
  EXPECT_EQ(decode(format, {0xFF, 0x38}).as_float64(), -200 * 0.3 - 40);
  format.type = ModbusType::uint16;
  format.scale = 1;
  EXPECT_EQ(decode(format, {0xFF, 0x38}).as_float64(), 65336.0 - 40);
}

TEST(ModbusValue, InvalidCodesAreNoNumbers) {
  ModbusValue::Format format = of(ModbusType::int16);
  const Reading bad = bad_reading(7, 1000, Reason::invalid_code);
  for (const std::int64_t code : {-32768, 32768}) {  // the same 16 bits, signed or not
    format.invalid = {5, code};
    EXPECT_EQ(decode(format, {0x80, 0x00}), bad);
    EXPECT_EQ(decode(format, {0x00, 0x05}), bad);
    EXPECT_EQ(decode(format, {0x80, 0x01}).as_int64(), -32767);
  }
  format = of(ModbusType::uint64);
  format.invalid = {-1};
  EXPECT_EQ(decode(format, Bytes(8, 0xFF)), bad);
  format = of(ModbusType::float32);
  format.invalid = {-9999};
  EXPECT_EQ(decode(format, {0xC6, 0x1C, 0x3C, 0x00}), bad);
  EXPECT_EQ(decode(format, {0x7F, 0xC0, 0x00, 0x00}), bad);  // NaN
  EXPECT_EQ(decode(format, {0xFF, 0x80, 0x00, 0x00}), bad);  // -inf
}

TEST(ModbusValue, NeighbouringBitsAreANumber) {
  ModbusValue::Format format = of(ModbusType::bits);
  format.bit = 4;
  format.bits = 3;
  EXPECT_EQ(decode(format, {0xFF, 0xAF}), uint64_reading(7, 1000, 2));
  EXPECT_EQ(decode(format, {0x00, 0x70}), uint64_reading(7, 1000, 7));
  format.invalid = {7};
  EXPECT_EQ(decode(format, {0x00, 0x70}).reason, Reason::invalid_code);
  format.bit = 0;
  format.bits = 16;
  EXPECT_EQ(decode(format, {0x12, 0x34}).as_uint64(), 0x1234u);
}

TEST(ModbusValue, DecimalDigits) {
  EXPECT_EQ(decode(of(ModbusType::bcd16), {0x12, 0x34}), uint64_reading(7, 1000, 1234));
  EXPECT_EQ(decode(of(ModbusType::bcd32), {0x98, 0x76, 0x54, 0x32}),
            uint64_reading(7, 1000, 98765432));
  EXPECT_EQ(decode(of(ModbusType::bcd32, Order::little), {0x54, 0x32, 0x98, 0x76}),
            uint64_reading(7, 1000, 98765432));
  for (const Bytes& none : {Bytes{0x12, 0x3A}, Bytes{0xF0, 0x00}, Bytes{0xFF, 0xFF}})
    EXPECT_EQ(decode(of(ModbusType::bcd16), none), bad_reading(7, 1000, Reason::invalid_code));
  ModbusValue::Format format = of(ModbusType::bcd16);
  format.invalid = {9999};
  EXPECT_EQ(decode(format, {0x99, 0x99}).reason, Reason::invalid_code);
  format.scale = 0.01;
  EXPECT_EQ(decode(format, {0x12, 0x34}).as_float64(), 12.34);
}

TEST(ModbusValue, DecimalsRound) {
  ModbusValue::Format format = of(ModbusType::float32);
  format.decimals = 1;
  EXPECT_EQ(decode(format, {0x41, 0xAD, 0x99, 0x9A}).as_float64(), 21.7);  // 21.700000762939453
  EXPECT_EQ(decode(format, {0x7F, 0x7F, 0xFF, 0xFF}).as_float64(), 0x1.fffffep127);
  format.decimals = 0;
  EXPECT_EQ(decode(format, {0xC1, 0xAD, 0x99, 0x9A}).as_float64(), -22);
}

TEST(ModbusValue, AScaleFromAnotherRegister) {
  ModbusValue::Format format = of(ModbusType::int16);
  format.factor_at = 2;
  const auto with = [&](std::uint8_t high, std::uint8_t low) {
    return decode(format, {0x00, 0x7B, 0xEE, 0xEE, high, low});
  };
  EXPECT_EQ(with(0xFF, 0xFE), float64_reading(7, 1000, 1.23));
  EXPECT_EQ(with(0x00, 0x00), float64_reading(7, 1000, 123));
  EXPECT_EQ(with(0x00, 0x03), float64_reading(7, 1000, 123000));
  EXPECT_EQ(with(0x00, 0x0A).as_float64(), 1.23e12);
  EXPECT_EQ(with(0xFF, 0xF6).as_float64(), 1.23e-8);
  const Reading bad = bad_reading(7, 1000, Reason::invalid_code);
  EXPECT_EQ(with(0x80, 0x00), bad);  // SunSpec: not implemented
  EXPECT_EQ(with(0x00, 0x0B), bad);
  EXPECT_EQ(with(0xFF, 0xF5), bad);
  format.scale = 0.001;
  EXPECT_EQ(with(0x00, 0x03).as_float64(), 123);
  format = of(ModbusType::uint32);
  format.factor_at = 0;
  format.value_at = 1;
  format.invalid = {-1};
  EXPECT_EQ(decode(format, {0xEE, 0xEE, 0, 1, 0, 1, 0, 0}, 1).as_float64(), 655360);
  EXPECT_EQ(decode(format, {0, 1, 0xFF, 0xFF, 0xFF, 0xFF}), bad);
}

class Texts : public testing::Test {
 protected:
  /// The text read, or the reason why there is none.
  std::string read(ModbusValue& value, const std::string& bytes) {
    const Bytes data(bytes.begin(), bytes.end());
    const Reading reading = value.decode(ModbusTable::input, data, 0, 7, 1000);
    return std::string(reading.kind == Kind::text ? texts_[reading.as_text()]
                                                  : to_string(reading.reason));
  }

  TextTable texts_{3};
};

TEST_F(Texts, Strings) {
  ModbusValue::Format format = of(ModbusType::string);
  format.length = 3;
  EXPECT_EQ(format.kind(), Kind::text);
  EXPECT_EQ(format.registers(), 3);
  ModbusValue value(format, texts_);
  EXPECT_EQ(read(value, "AB12  "), "AB12");
  EXPECT_EQ(read(value, std::string("AB12\0x", 6)), "AB12");
  EXPECT_EQ(texts_.size(), 1u);
  EXPECT_EQ(read(value, std::string(6, '\0')), "");
  EXPECT_EQ(read(value, "m\xC2\xB2/s "), "m²/s");
  EXPECT_EQ(read(value, "\xFF\xFF\xFF\xFF\xFF\xFF"), "parse error");
  EXPECT_EQ(read(value, "AB\x01 12"), "parse error");
  EXPECT_EQ(read(value, "fourth"), "text table full");
  EXPECT_EQ(read(value, "AB12  "), "AB12");  // what is known stays known
  format.byte_order = Order::little;
  ModbusValue swapped(format, texts_);
  EXPECT_EQ(read(swapped, "BA21  "), "AB12");
}

TEST_F(Texts, AnUnsteadyStringLeavesTheOthersTheirRoom) {
  TextTable table(TextTable::share + 1);
  ModbusValue::Format format = of(ModbusType::string);
  format.length = 1;
  ModbusValue unsteady(format, table), serial_number(format, table);
  const auto good = [](ModbusValue& value, char first, char second) {
    const Bytes data = {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)};
    return value.decode(ModbusTable::input, data, 0, 7, 1000).kind == Kind::text;
  };
  std::size_t kept = 0;
  for (char c = 'A'; c < 'A' + 50; ++c) kept += good(unsteady, 'x', c) ? 1 : 0;
  EXPECT_EQ(kept, TextTable::share);
  EXPECT_TRUE(good(serial_number, 'n', '1'));
}

TEST_F(Texts, TheLongestString) {
  ModbusValue::Format format = of(ModbusType::string);
  format.length = ModbusValue::longest_string;
  ModbusValue value(format, texts_);
  EXPECT_EQ(read(value, std::string(64, 'x')), std::string(64, 'x'));
}

TEST_F(Texts, States) {
  ModbusValue::Format format = of(ModbusType::int16);
  format.states = {{2, "fault"}, {0, "off"}, {-1, "unknown"}};
  EXPECT_EQ(format.kind(), Kind::text);
  ModbusValue value(format, texts_);
  EXPECT_EQ(texts_.size(), 3u);
  EXPECT_EQ(read(value, std::string("\0\0", 2)), "off");
  EXPECT_EQ(read(value, std::string("\0\2", 2)), "fault");
  EXPECT_EQ(read(value, "\xFF\xFF"), "unknown");
  EXPECT_EQ(read(value, std::string("\0\1", 2)), "invalid code");
  TextTable none(0);
  ModbusValue homeless(format, none);
  EXPECT_EQ(read(homeless, std::string("\0\0", 2)), "text table full");
}

}  // namespace
}  // namespace fieldweir
