#include "drivers/modbus/frame.h"

namespace fieldweir {
namespace {

std::uint8_t high(unsigned v) { return static_cast<std::uint8_t>(v >> 8); }
std::uint8_t low(unsigned v) { return static_cast<std::uint8_t>(v); }
unsigned big_endian(std::span<const std::uint8_t> bytes, std::size_t at) {
  return bytes[at] << 8 | bytes[at + 1];
}

Error bad(const char* what, unsigned got, unsigned expected) {
  return error(Reason::bad_response, "%s is %u where %u was expected", what, got, expected);
}

constexpr std::uint8_t exception_bit = 0x80;

}  // namespace

std::array<std::uint8_t, 12> tcp_request(std::uint16_t transaction, const ModbusRequest& request) {
  return {high(transaction),
          low(transaction),
          0,
          0,
          0,
          6,
          request.unit,
          static_cast<std::uint8_t>(request.function),
          high(request.address),
          low(request.address),
          high(request.count),
          low(request.count)};
}

std::size_t announced_bytes(std::span<const std::uint8_t> frame) {
  const std::size_t bytes = modbus_header_bytes + big_endian(frame, 4);
  return bytes < 9 || bytes > modbus_frame_bytes ? 0 : bytes;
}

Result<ModbusAnswer> verify_answer(std::uint16_t transaction, const ModbusRequest& request,
                                   std::span<const std::uint8_t> frame) {
  const auto function = static_cast<std::uint8_t>(request.function);
  // the shortest frame is an exception: header, unit, function, code
  if (frame.size() < 9) return bad("frame size", static_cast<unsigned>(frame.size()), 9);
  if (big_endian(frame, 0) != transaction)
    return bad("transaction", big_endian(frame, 0), transaction);
  if (big_endian(frame, 2) != 0) return bad("protocol", big_endian(frame, 2), 0);
  const auto length = static_cast<unsigned>(frame.size() - modbus_header_bytes);
  if (big_endian(frame, 4) != length) return bad("length", big_endian(frame, 4), length);
  if (frame[6] != request.unit) return bad("unit", frame[6], request.unit);

  if (frame[7] == (function | exception_bit)) {
    if (frame.size() != 9) return bad("exception size", static_cast<unsigned>(frame.size()), 9);
    if (frame[8] == 0) return bad("exception code", 0, 1);
    return ModbusAnswer{{}, frame[8]};
  }
  if (frame[7] != function) return bad("function", frame[7], function);
  const unsigned bytes = request.function <= ModbusFunction::read_discrete
                             ? (request.count + 7u) / 8
                             : request.count * 2u;
  if (frame[8] != bytes) return bad("byte count", frame[8], bytes);
  if (length != 3 + bytes) return bad("length", length, 3 + bytes);
  return ModbusAnswer{frame.subspan(9), 0};
}

Reason reason_of_exception(std::uint8_t exception) {
  return exception == 2 ? Reason::illegal_address : Reason::device_exception;
}

const char* exception_text(std::uint8_t exception) {
  switch (exception) {
    case 1:
      return "illegal function";
    case 2:
      return "illegal data address";
    case 3:
      return "illegal data value";
    case 4:
      return "device failure";
    case 5:
      return "acknowledge";
    case 6:
      return "device busy";
    case 8:
      return "memory parity error";
    case 10:
      return "gateway path unavailable";
    case 11:
      return "gateway target did not respond";
    default:
      return "unknown exception";
  }
}

}  // namespace fieldweir
