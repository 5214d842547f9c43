// Any bytes as the answer of a Modbus RTU device: 8 bytes of request, then the frame. With an odd
// first byte the frame's checksum is put right, which chance would hardly do.
#include "drivers/modbus/rtu_frame.h"

#include <vector>

#include "tests/fuzz/modbus_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace fieldweir;
  const std::span input(bytes, size);
  if (size < FuzzedRequest::bytes) return 0;
  FuzzedRequest fuzzed;
  read_request(input, fuzzed);
  // a copy that ends where the frame ends, so that reading on is seen
  std::vector<std::uint8_t> frame(input.begin() + FuzzedRequest::bytes, input.end());
  if ((input[0] & 1) != 0) {
    const std::uint16_t crc = crc16(frame);
    frame.push_back(static_cast<std::uint8_t>(crc));
    frame.push_back(static_cast<std::uint8_t>(crc >> 8));
    FIELDWEIR_CHECK(crc16(frame) == 0);
  }

  const std::size_t announced = rtu_answer_bytes(frame);
  FIELDWEIR_CHECK(announced <= rtu_frame_bytes);
  const Result<ModbusAnswer> answer = verify_rtu_answer(fuzzed.request, frame);
  if (!answer) return 0;
  check_answer(fuzzed.request, answer.value(), frame);
  FIELDWEIR_CHECK(announced == frame.size());
  // while it arrives, it is never taken for whole
  for (std::size_t part = 0; part < frame.size(); ++part) {
    const std::size_t wanted = rtu_answer_bytes(std::span(frame).first(part));
    FIELDWEIR_CHECK(wanted > part && wanted <= frame.size());
  }
  return 0;
}
