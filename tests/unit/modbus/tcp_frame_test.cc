#include "drivers/modbus/tcp_frame.h"

#include <gtest/gtest.h>

#include <vector>

namespace fieldweir {
namespace {

using Bytes = std::vector<std::uint8_t>;

const ModbusRequest two_registers{17, ModbusFunction::read_holding, 0x006B, 2};
const Bytes answer = {0x12, 0x34, 0, 0, 0, 7, 17, 3, 4, 0x02, 0x2B, 0x00, 0x64};

Reason why(const ModbusRequest& read, const Bytes& frame) {
  const Result<ModbusAnswer> result = verify_tcp_answer(0x1234, read, frame);
  return result ? Reason::none : result.error().reason;
}

TEST(ModbusTcpFrame, AsksAsTheStandardSays) {
  ModbusFrame room;
  const auto frame = tcp_request(0x1234, {17, ModbusFunction::read_holding, 0x006B, 3}, room);
  const Bytes expected = {0x12, 0x34, 0, 0, 0, 6, 17, 3, 0x00, 0x6B, 0x00, 0x03};
  EXPECT_EQ(Bytes(frame.begin(), frame.end()), expected);
}

TEST(ModbusTcpFrame, TheLengthCountsTheDataOfAWrite) {
  ModbusFrame room;
  const Bytes values(246, 7);
  const auto frame = tcp_request(1, {1, ModbusFunction::write_registers, 0, 123, values}, room);
  EXPECT_EQ(frame.size(), 259u);
  EXPECT_EQ(announced_bytes(frame), frame.size());
}

TEST(ModbusTcpFrame, TakesTheDataOfARightAnswer) {
  const Result<ModbusAnswer> result = verify_tcp_answer(0x1234, two_registers, answer);
  ASSERT_TRUE(result);
  EXPECT_EQ(result.value().exception, 0);
  EXPECT_EQ(Bytes(result.value().data.begin(), result.value().data.end()),
            Bytes({2, 0x2B, 0, 0x64}));
}

TEST(ModbusTcpFrame, AnExceptionIsAnAnswer) {
  const Bytes refusal = {0x12, 0x34, 0, 0, 0, 3, 17, 0x83, 2};
  const Result<ModbusAnswer> result = verify_tcp_answer(0x1234, two_registers, refusal);
  ASSERT_TRUE(result);
  EXPECT_EQ(result.value().exception, 2);
}

TEST(ModbusTcpFrame, AnyForeignHeaderByteIsRefused) {
  for (std::size_t at = 0; at < 9; ++at)
    for (int value = 0; value < 256; ++value) {
      Bytes frame = answer;
      if (frame[at] == value) continue;
      frame[at] = static_cast<std::uint8_t>(value);
      EXPECT_EQ(why(two_registers, frame), Reason::bad_response) << at << " = " << value;
    }
}

TEST(ModbusTcpFrame, AnyOtherSizeIsRefused) {
  for (std::size_t size = 0; size < answer.size(); ++size)
    EXPECT_EQ(why(two_registers, Bytes(answer.begin(), answer.begin() + static_cast<long>(size))),
              Reason::bad_response);
  Bytes longer = answer;
  longer.push_back(0);
  EXPECT_EQ(why(two_registers, longer), Reason::bad_response);
  longer[5] = 8;  // even if the header agrees
  EXPECT_EQ(why(two_registers, longer), Reason::bad_response);
  EXPECT_EQ(why(two_registers, {0x12, 0x34, 0, 0, 0, 4, 17, 0x83, 2, 0}), Reason::bad_response);
  EXPECT_EQ(why(two_registers, {0x12, 0x34, 0, 0, 0, 3, 17, 0x83, 0}), Reason::bad_response);
}

TEST(ModbusTcpFrame, KnowsHowMuchAFrameAnnounces) {
  EXPECT_EQ(announced_bytes(answer), answer.size());
  EXPECT_EQ(announced_bytes(Bytes{0, 0, 0, 0, 0, 3}), 9u);
  EXPECT_EQ(announced_bytes(Bytes{0, 0, 0, 0, 0, 2}), 0u);
  EXPECT_EQ(announced_bytes(Bytes{0, 0, 0, 0, 0, 254}), 260u);
  EXPECT_EQ(announced_bytes(Bytes{0, 0, 0, 0, 0, 255}), 0u);
  EXPECT_EQ(announced_bytes(Bytes{0, 0, 0, 0, 0xFF, 0xFF}), 0u);
  EXPECT_EQ(announced_bytes(Bytes{0, 0, 0, 1, 0, 6}), 0u);  // another protocol
  EXPECT_EQ(announced_bytes(Bytes{0, 0, 1, 0, 0, 6}), 0u);
}

}  // namespace
}  // namespace fieldweir
