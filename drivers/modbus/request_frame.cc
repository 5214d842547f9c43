#include "drivers/modbus/request_frame.h"

#include "drivers/modbus/rtu_frame.h"

namespace fieldweir {
namespace {

constexpr std::size_t crc_bytes = 2;
constexpr std::size_t shortest_rtu = 4;  // unit, function, checksum

std::size_t tcp_request_bytes(std::span<const std::uint8_t> start) {
  if (start.size() < modbus_header_bytes) return modbus_header_bytes + 1;
  if (big_endian(start, 2) != 0) return 0;
  const std::size_t bytes = modbus_header_bytes + big_endian(start, 4);
  return bytes < modbus_header_bytes + 2 || bytes > modbus_frame_bytes ? 0 : bytes;
}

/// The byte at `at` counts the bytes that follow it.
std::size_t counted(std::span<const std::uint8_t> start, std::size_t at) {
  return start.size() <= at ? at + 1 : at + 1 + start[at] + crc_bytes;
}

std::size_t rtu_request_bytes(std::span<const std::uint8_t> start) {
  if (start.size() < shortest_rtu) return shortest_rtu;
  const std::uint8_t function = start[1];
  if (function >= 1 && function <= 6) return 8;
  if (function == 15 || function == 16) return counted(start, 6);
  if (function == 22) return 10;
  if (function == 23) return counted(start, 10);
  if (crc16(start) == 0) return start.size();
  return start.size() < rtu_frame_bytes ? start.size() + 1 : 0;
}

}  // namespace

std::size_t request_bytes(ModbusFraming framing, std::span<const std::uint8_t> start) {
  const std::size_t bytes =
      framing == ModbusFraming::tcp ? tcp_request_bytes(start) : rtu_request_bytes(start);
  return bytes > (framing == ModbusFraming::tcp ? modbus_frame_bytes : rtu_frame_bytes) ? 0 : bytes;
}

std::optional<ReceivedRequest> take_apart(ModbusFraming framing,
                                          std::span<const std::uint8_t> frame) {
  if (framing == ModbusFraming::rtu) {
    if (frame.size() < shortest_rtu || crc16(frame) != 0) return std::nullopt;
    frame = frame.first(frame.size() - crc_bytes);
  } else {
    frame = frame.subspan(modbus_header_bytes);
  }
  ReceivedRequest request{frame[0], frame[1], {}, {}};
  const auto two = [frame](std::size_t at) { return big_endian(frame, at); };
  const std::uint8_t function = request.function;
  if (function <= 4 && frame.size() >= 6)
    request.reads = {ModbusTable{function}, two(2), two(4)};
  else if (function == 5 && frame.size() >= 6)
    request.writes = {ModbusTable::coil, two(2), 1};
  else if ((function == 6 || function == 22) && frame.size() >= 6)
    request.writes = {ModbusTable::holding, two(2), 1};
  else if (function == 15 && frame.size() >= 7)
    request.writes = {ModbusTable::coil, two(2), two(4)};
  else if (function == 16 && frame.size() >= 7)
    request.writes = {ModbusTable::holding, two(2), two(4)};
  else if (function == 23 && frame.size() >= 11) {
    request.reads = {ModbusTable::holding, two(2), two(4)};
    request.writes = {ModbusTable::holding, two(6), two(8)};
  }
  return request;
}

}  // namespace fieldweir
