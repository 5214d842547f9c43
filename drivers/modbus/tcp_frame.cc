#include "drivers/modbus/tcp_frame.h"

namespace fieldweir {

std::span<const std::uint8_t> tcp_request(std::uint16_t transaction, const ModbusRequest& request,
                                          ModbusFrame& out) {
  const std::size_t length =
      1 + encode_request(request, std::span(out).subspan<modbus_header_bytes + 1>());
  out[0] = static_cast<std::uint8_t>(transaction >> 8);
  out[1] = static_cast<std::uint8_t>(transaction);
  out[2] = out[3] = out[4] = 0;  // protocol, and a length that never exceeds one byte
  out[5] = static_cast<std::uint8_t>(length);
  out[6] = request.unit;
  return std::span(out).first(modbus_header_bytes + length);
}

std::size_t announced_bytes(std::span<const std::uint8_t> frame) {
  const std::size_t bytes = modbus_header_bytes + big_endian(frame, 4);
  const bool possible = big_endian(frame, 2) == 0 && bytes >= 9 && bytes <= modbus_frame_bytes;
  return possible ? bytes : 0;
}

Result<ModbusAnswer> verify_tcp_answer(std::uint16_t transaction, const ModbusRequest& request,
                                       std::span<const std::uint8_t> frame) {
  // the shortest frame is an exception: header, unit, function, code
  if (frame.size() < 9) return mismatch("frame size", static_cast<unsigned>(frame.size()), 9);
  if (big_endian(frame, 0) != transaction)
    return mismatch("transaction", big_endian(frame, 0), transaction);
  if (big_endian(frame, 2) != 0) return mismatch("protocol", big_endian(frame, 2), 0);
  const auto length = static_cast<unsigned>(frame.size() - modbus_header_bytes);
  if (big_endian(frame, 4) != length) return mismatch("length", big_endian(frame, 4), length);
  if (frame[6] != request.unit) return mismatch("unit", frame[6], request.unit);
  return verify_unit(request, frame.subspan(modbus_header_bytes + 1));
}

}  // namespace fieldweir
