#include "drivers/modbus/rtu_frame.h"

#include <gtest/gtest.h>

#include <vector>

namespace fieldweir {
namespace {

using Bytes = std::vector<std::uint8_t>;
using enum ModbusFunction;

Bytes with_crc(Bytes bytes) {
  const std::uint16_t crc = crc16(bytes);
  bytes.push_back(static_cast<std::uint8_t>(crc));
  bytes.push_back(static_cast<std::uint8_t>(crc >> 8));
  return bytes;
}

const ModbusRequest two_registers{17, read_holding, 107, 2};
const Bytes answer = with_crc({17, 3, 4, 0x02, 0x2B, 0x00, 0x64});

Reason why(const ModbusRequest& request, const Bytes& frame) {
  const Result<ModbusAnswer> result = verify_rtu_answer(request, frame);
  return result ? Reason::none : result.error().reason;
}

TEST(ModbusRtuFrame, ChecksumsAsTheStandardSays) {
  EXPECT_EQ(crc16(Bytes{0x02, 0x07}), 0x1241);  // the example of its section 6.2.2
  const std::string digits = "123456789";
  EXPECT_EQ(crc16(Bytes(digits.begin(), digits.end())), 0x4B37);  // the catalogue's check value
  EXPECT_EQ(crc16(answer), 0);
}

TEST(ModbusRtuFrame, AsksAsTheStandardSays) {
  ModbusFrame room;
  const auto frame = rtu_request({0x11, read_holding, 0x6B, 3}, room);
  EXPECT_EQ(Bytes(frame.begin(), frame.end()),
            (Bytes{0x11, 0x03, 0x00, 0x6B, 0x00, 0x03, 0x76, 0x87}));
}

TEST(ModbusRtuFrame, TakesTheDataOfARightAnswer) {
  const Result<ModbusAnswer> result = verify_rtu_answer(two_registers, answer);
  ASSERT_TRUE(result);
  EXPECT_EQ(Bytes(result.value().data.begin(), result.value().data.end()),
            Bytes({2, 0x2B, 0, 0x64}));
  EXPECT_EQ(verify_rtu_answer(two_registers, with_crc({17, 0x83, 2})).value().exception, 2);
}

TEST(ModbusRtuFrame, AnyOneByteThatIsOtherIsRefused) {
  for (std::size_t at = 0; at < answer.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      Bytes frame = answer;
      frame[at] = static_cast<std::uint8_t>(value);
      if (frame == answer) continue;
      EXPECT_EQ(why(two_registers, frame), Reason::bad_response);
    }
}

TEST(ModbusRtuFrame, ARightChecksumDoesNotExcuseAForeignFrame) {
  EXPECT_EQ(why(two_registers, with_crc({18, 3, 4, 2, 43, 0, 100})), Reason::bad_response);
  EXPECT_EQ(why(two_registers, with_crc({17, 4, 4, 2, 43, 0, 100})), Reason::bad_response);
  EXPECT_EQ(why(two_registers, with_crc({17, 3, 2, 2, 43})), Reason::bad_response);
  EXPECT_EQ(why(two_registers, with_crc({17, 3, 6, 2, 43, 0, 100, 0, 1})), Reason::bad_response);
  EXPECT_EQ(why(two_registers, with_crc({17, 3, 4, 2, 43, 0})), Reason::bad_response);
  EXPECT_EQ(why(two_registers, with_crc({0, 3, 4, 2, 43, 0, 100})), Reason::bad_response);
  EXPECT_EQ(why(two_registers, with_crc({17, 0x84, 2})), Reason::bad_response);
}

TEST(ModbusRtuFrame, AnyOtherSizeIsRefused) {
  for (std::size_t size = 0; size < answer.size(); ++size) {
    const Bytes start(answer.begin(), answer.begin() + static_cast<long>(size));
    EXPECT_EQ(why(two_registers, start), Reason::bad_response);
  }
  Bytes longer = answer;
  longer.push_back(0);
  EXPECT_EQ(why(two_registers, longer), Reason::bad_response);
}

// what the link needs: never less than there is before the end, never more than the frame has
TEST(ModbusRtuFrame, SaysHowMuchOfAnAnswerThereMustBe) {
  const Bytes frames[] = {
      answer,
      with_crc({1, 1, 1, 0xFF}),
      with_crc({1, 2, 250}),  // only the start of one
      with_crc({1, 4, 2, 0, 1}),
      with_crc({1, 5, 0, 172, 0xFF, 0}),
      with_crc({1, 6, 0, 1, 0, 3}),
      with_crc({1, 15, 0, 19, 0, 10}),
      with_crc({1, 16, 0, 1, 0, 2}),
      with_crc({1, 0x83, 2}),
      with_crc({1, 0xAB, 1}),
      with_crc({1, 43, 14, 1, 1, 0, 0, 2, 0, 2, 'h', 'i', 1, 0}),
  };
  for (const Bytes& frame : frames) {
    const bool torn = frame[1] == 2;
    for (std::size_t size = 0; size < frame.size(); ++size) {
      const std::size_t bytes = rtu_answer_bytes(std::span(frame).first(size));
      EXPECT_GT(bytes, size);
      EXPECT_LE(bytes, torn ? 255 : frame.size());
    }
    EXPECT_EQ(rtu_answer_bytes(frame), torn ? 255 : frame.size());
  }
  EXPECT_EQ(rtu_answer_bytes(Bytes{1, 3, 252}), 0u);  // longer than any frame
  EXPECT_EQ(rtu_answer_bytes(Bytes{1, 7, 0}), 0u);    // nothing that we ever ask for
  EXPECT_EQ(rtu_answer_bytes(Bytes{1, 0, 0}), 0u);
}

}  // namespace
}  // namespace fieldweir
