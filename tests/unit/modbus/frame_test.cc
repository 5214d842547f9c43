#include "drivers/modbus/frame.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "drivers/modbus/identification.h"

namespace fieldweir {
namespace {

using Bytes = std::vector<std::uint8_t>;
using enum ModbusFunction;

Bytes encoded(const ModbusRequest& request) {
  std::array<std::uint8_t, modbus_unit_bytes> unit;
  const std::size_t size = encode_request(request, unit);
  return {unit.begin(), unit.begin() + static_cast<long>(size)};
}

Reason why(const ModbusRequest& request, const Bytes& answer) {
  const Result<ModbusAnswer> result = verify_unit(request, answer);
  return result ? Reason::none : result.error().reason;
}

const Bytes on = {1};
const Bytes off = {0};
const Bytes two_values = {0x00, 0x0A, 0x01, 0x02};
const Bytes ten_bits = {0xCD, 0x01};

// the standard's own examples
TEST(ModbusFrame, AsksAsTheStandardSays) {
  EXPECT_EQ(encoded({1, read_coils, 19, 19}), (Bytes{1, 0x00, 0x13, 0x00, 0x13}));
  EXPECT_EQ(encoded({1, read_discrete, 196, 22}), (Bytes{2, 0x00, 0xC4, 0x00, 0x16}));
  EXPECT_EQ(encoded({1, read_holding, 107, 3}), (Bytes{3, 0x00, 0x6B, 0x00, 0x03}));
  EXPECT_EQ(encoded({1, read_input, 8, 1}), (Bytes{4, 0x00, 0x08, 0x00, 0x01}));
  EXPECT_EQ(encoded({1, write_coil, 172, 1, on}), (Bytes{5, 0x00, 0xAC, 0xFF, 0x00}));
  EXPECT_EQ(encoded({1, write_coil, 172, 1, off}), (Bytes{5, 0x00, 0xAC, 0x00, 0x00}));
  EXPECT_EQ(encoded({1, write_register, 1, 1, std::span(two_values).subspan(2)}),
            (Bytes{6, 0x00, 0x01, 0x01, 0x02}));
  EXPECT_EQ(encoded({1, write_coils, 19, 10, ten_bits}),
            (Bytes{15, 0x00, 0x13, 0x00, 0x0A, 0x02, 0xCD, 0x01}));
  EXPECT_EQ(encoded({1, write_registers, 1, 2, two_values}),
            (Bytes{16, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0A, 0x01, 0x02}));
  EXPECT_EQ(encoded({1, identify, 0, 1}), (Bytes{0x2B, 0x0E, 0x01, 0x00}));
}

TEST(ModbusFrame, TheLongestWriteFits) {
  const Bytes values(246);
  EXPECT_EQ(encoded({1, write_registers, 0, 123, values}).size(), 252u);
}

TEST(ModbusFrameDeathTest, DataThatDoNotFitTheRequestAreABug) {
  EXPECT_DEATH(encoded({1, write_registers, 0, 3, two_values}), "");
  EXPECT_DEATH(encoded({1, read_holding, 0, 2, two_values}), "");
}

TEST(ModbusFrame, TakesTheDataOfARightAnswer) {
  const Bytes answer = {3, 4, 0x02, 0x2B, 0x00, 0x64};
  const Result<ModbusAnswer> result = verify_unit({17, read_holding, 107, 2}, answer);
  ASSERT_TRUE(result);
  EXPECT_EQ(result.value().exception, 0);
  EXPECT_EQ(Bytes(result.value().data.begin(), result.value().data.end()),
            Bytes({2, 0x2B, 0, 0x64}));
}

TEST(ModbusFrame, TakesBits) {
  EXPECT_EQ(why({1, read_coils, 0, 9}, {1, 2, 0xCD, 0x01}), Reason::none);
  EXPECT_EQ(why({1, read_coils, 0, 8}, {1, 2, 0xCD, 0x01}), Reason::bad_response);
}

TEST(ModbusFrame, AnExceptionIsAnAnswerToEveryFunction) {
  const ModbusRequest requests[] = {
      {1, read_coils, 0, 1},      {1, read_discrete, 0, 1},
      {1, read_holding, 0, 1},    {1, read_input, 0, 1},
      {1, write_coil, 0, 1, on},  {1, write_register, 0, 1, ten_bits},
      {1, write_coils, 0, 1, on}, {1, write_registers, 0, 2, two_values},
      {1, identify, 0, 1}};
  for (const ModbusRequest& request : requests) {
    const auto refusal = static_cast<std::uint8_t>(static_cast<unsigned>(request.function) | 0x80);
    const Bytes answer = {refusal, 2};
    const Result<ModbusAnswer> result = verify_unit(request, answer);
    ASSERT_TRUE(result);
    EXPECT_EQ(result.value().exception, 2);
    EXPECT_EQ(why(request, {refusal, 0}), Reason::bad_response);
    EXPECT_EQ(why(request, {refusal, 2, 0}), Reason::bad_response);
    EXPECT_EQ(why(request, {refusal}), Reason::bad_response);
    EXPECT_EQ(why(request, {static_cast<std::uint8_t>(refusal ^ 1), 2}), Reason::bad_response);
  }
  EXPECT_EQ(reason_of_exception(2), Reason::illegal_address);
  EXPECT_EQ(reason_of_exception(3), Reason::device_exception);
  EXPECT_EQ(reason_of_exception(11), Reason::device_exception);
}

// every byte of a write's answer repeats the request, so every other byte is wrong
TEST(ModbusFrame, AWriteMustBeEchoedToTheByte) {
  struct Case {
    ModbusRequest request;
    Bytes answer;
  };
  const Case cases[] = {
      {{1, write_coil, 172, 1, on}, {5, 0x00, 0xAC, 0xFF, 0x00}},
      {{1, write_coil, 172, 1, off}, {5, 0x00, 0xAC, 0x00, 0x00}},
      {{1, write_register, 1, 1, ten_bits}, {6, 0x00, 0x01, 0xCD, 0x01}},
      {{1, write_coils, 19, 10, ten_bits}, {15, 0x00, 0x13, 0x00, 0x0A}},
      {{1, write_registers, 1, 2, two_values}, {16, 0x00, 0x01, 0x00, 0x02}},
  };
  for (const Case& c : cases) {
    const Result<ModbusAnswer> right = verify_unit(c.request, c.answer);
    ASSERT_TRUE(right);
    EXPECT_TRUE(right.value().data.empty());
    for (std::size_t at = 0; at < c.answer.size(); ++at)
      for (int value = 0; value < 256; ++value) {
        Bytes wrong = c.answer;
        wrong[at] = static_cast<std::uint8_t>(value);
        if (wrong == c.answer) continue;
        EXPECT_EQ(why(c.request, wrong), Reason::bad_response);
      }
    Bytes longer = c.answer;
    longer.push_back(0);
    EXPECT_EQ(why(c.request, longer), Reason::bad_response);
    longer.resize(4);
    EXPECT_EQ(why(c.request, longer), Reason::bad_response);
  }
}

const Bytes who = {0x2B, 0x0E, 0x01, 0x01, 0xFF, 0x03, 0x03,  // more follows from object 3
                   0,    4,    'A',  'c',  'm',  'e',         //
                   1,    0,                                   // a product code of no length
                   2,    3,    '1',  '.',  '2'};

TEST(ModbusFrame, TakesWhatADeviceSaysOfItself) {
  const Result<ModbusAnswer> result = verify_unit({1, identify, 0, 1}, who);
  ASSERT_TRUE(result);
  std::vector<std::pair<int, std::string>> texts;
  for (IdentificationObjects rest(result.value().data); const auto object = rest.next();)
    texts.emplace_back(object->id, object->text);
  EXPECT_EQ(texts, (std::vector<std::pair<int, std::string>>{{0, "Acme"}, {1, ""}, {2, "1.2"}}));
  EXPECT_EQ(follows(result.value().data), 3);
  Bytes last = who;
  last[4] = 0;
  EXPECT_EQ(follows(verify_unit({1, identify, 0, 1}, last).value().data), 0);
  EXPECT_EQ(name_of_object(0), "vendor name");
  EXPECT_EQ(name_of_object(200), "");
}

TEST(ModbusFrame, ObjectsMustFillAnIdentificationExactly) {
  for (std::size_t size = 0; size < who.size(); ++size) {
    const Bytes start(who.begin(), who.begin() + static_cast<long>(size));
    EXPECT_EQ(why({1, identify, 0, 1}, start), Reason::bad_response) << size;
    EXPECT_GT(identification_bytes(start), size);
    EXPECT_LE(identification_bytes(start), who.size());
  }
  Bytes longer = who;
  longer.push_back(0);
  EXPECT_EQ(why({1, identify, 0, 1}, longer), Reason::bad_response);
  EXPECT_EQ(identification_bytes(longer), who.size());
  for (const std::size_t at : {0, 1, 2, 6, 8, 14, 16}) {  // function, type, code, count, lengths
    Bytes wrong = who;
    ++wrong[at];
    EXPECT_EQ(why({1, identify, 0, 1}, wrong), Reason::bad_response) << at;
  }
}

}  // namespace
}  // namespace fieldweir
