// Any bytes as the answer of a Modbus TCP device: 8 bytes of request, then the frame.
#include "drivers/modbus/tcp_frame.h"

#include "tests/fuzz/modbus_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace fieldweir;
  const std::span input(bytes, size);
  if (size < FuzzedRequest::bytes) return 0;
  FuzzedRequest fuzzed;
  read_request(input, fuzzed);
  const std::span frame = input.subspan(FuzzedRequest::bytes);

  const std::size_t announced = frame.size() < modbus_header_bytes ? 0 : announced_bytes(frame);
  FIELDWEIR_CHECK(announced <= modbus_frame_bytes);
  const Result<ModbusAnswer> answer = verify_tcp_answer(fuzzed.transaction, fuzzed.request, frame);
  if (!answer) return 0;
  check_answer(fuzzed.request, answer.value(), frame);
  FIELDWEIR_CHECK(announced == frame.size());
  FIELDWEIR_CHECK(transaction_of(frame) == fuzzed.transaction);
  return 0;
}
