// tcp_frame: Modbus on a TCP connection. Pure functions.
// Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3 (MBAP header:
// transaction, protocol 0, length, unit).
#pragma once

#include <array>

#include "drivers/modbus/frame.h"

namespace fieldweir {

inline constexpr std::size_t modbus_header_bytes = 6;  // what the MBAP length does not count
inline constexpr std::size_t modbus_frame_bytes = 7 + modbus_unit_bytes;

/// Room for one frame of either framing.
using ModbusFrame = std::array<std::uint8_t, modbus_frame_bytes>;

/// Writes the request's frame; returns the part of `out` that it takes.
std::span<const std::uint8_t> tcp_request(std::uint16_t transaction, const ModbusRequest& request,
                                          ModbusFrame& out);

/// The size of the frame that starts with these `modbus_header_bytes` bytes, 0 if impossible.
std::size_t announced_bytes(std::span<const std::uint8_t> frame);

/// The transaction of a frame that has a possible header.
inline std::uint16_t transaction_of(std::span<const std::uint8_t> frame) {
  return static_cast<std::uint16_t>(big_endian(frame, 0));
}

/// Reason::bad_response unless `frame` is exactly one answer to exactly this request.
Result<ModbusAnswer> verify_tcp_answer(std::uint16_t transaction, const ModbusRequest& request,
                                       std::span<const std::uint8_t> frame);

}  // namespace fieldweir
