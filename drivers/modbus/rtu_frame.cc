#include "drivers/modbus/rtu_frame.h"

#include "drivers/modbus/identification.h"

namespace fieldweir {
namespace {

constexpr std::array<std::uint16_t, 256> crc_table = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1;
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}();

constexpr std::size_t crc_bytes = 2;
constexpr std::size_t shortest = 5;  // an exception: unit, function, code, CRC

}  // namespace

std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
  unsigned crc = 0xFFFF;
  for (const std::uint8_t byte : bytes) crc = crc >> 8 ^ crc_table[(crc ^ byte) & 0xFF];
  return static_cast<std::uint16_t>(crc);
}

std::span<const std::uint8_t> rtu_request(const ModbusRequest& request, ModbusFrame& out) {
  out[0] = request.unit;
  const std::size_t size =
      1 + encode_request(request, std::span(out).subspan<1, modbus_unit_bytes>());
  const std::uint16_t crc = crc16(std::span(out).first(size));
  out[size] = static_cast<std::uint8_t>(crc);
  out[size + 1] = static_cast<std::uint8_t>(crc >> 8);
  return std::span(out).first(size + crc_bytes);
}

std::size_t rtu_answer_bytes(std::span<const std::uint8_t> start) {
  if (start.size() < 3) return shortest;
  if ((start[1] & 0x80) != 0) return shortest;
  std::size_t bytes = 0;
  switch (static_cast<ModbusFunction>(start[1])) {
    case ModbusFunction::read_coils:
    case ModbusFunction::read_discrete:
    case ModbusFunction::read_holding:
    case ModbusFunction::read_input:
      bytes = 3u + start[2];
      break;
    case ModbusFunction::write_coil:
    case ModbusFunction::write_register:
    case ModbusFunction::write_coils:
    case ModbusFunction::write_registers:
      bytes = 6;
      break;
    case ModbusFunction::identify:
      bytes = 1 + identification_bytes(start.subspan(1));
      break;
    default:
      return 0;
  }
  return bytes + crc_bytes > rtu_frame_bytes ? 0 : bytes + crc_bytes;
}

Result<ModbusAnswer> verify_rtu_answer(const ModbusRequest& request,
                                       std::span<const std::uint8_t> frame) {
  if (frame.size() < shortest)
    return mismatch("frame size", static_cast<unsigned>(frame.size()), shortest);
  if (crc16(frame) != 0) return error(Reason::bad_response, "wrong checksum");
  if (frame[0] != request.unit) return mismatch("unit", frame[0], request.unit);
  return verify_unit(request, frame.subspan(1, frame.size() - 1 - crc_bytes));
}

}  // namespace fieldweir
