// rtu_frame: Modbus as it stands on a serial line: unit, protocol data unit, CRC-16. Pure
// functions. Source: MODBUS over Serial Line V1.02, sections 2.5.1 and 6.2.
//
// A frame has neither a number nor a length: an answer's size follows from its first bytes, and one
// that comes late looks like the answer to what was asked since. The link has to see to that.
#pragma once

#include "drivers/modbus/tcp_frame.h"

namespace fieldweir {

/// Most that a frame takes.
inline constexpr std::size_t rtu_frame_bytes = 256;

/// The checksum of the standard (polynomial 0xA001); sent low byte first. Of a whole frame with its
/// checksum it is 0.
std::uint16_t crc16(std::span<const std::uint8_t> bytes);

/// Writes the request's frame; returns the part of `out` that it takes.
std::span<const std::uint8_t> rtu_request(const ModbusRequest& request, ModbusFrame& out);

/// The size of the answer that starts with these bytes, as far as they tell: more than there are
/// while they are not the whole, 0 if no answer starts like this.
std::size_t rtu_answer_bytes(std::span<const std::uint8_t> start);

/// Reason::bad_response unless `frame` is exactly one answer to exactly this request.
Result<ModbusAnswer> verify_rtu_answer(const ModbusRequest& request,
                                       std::span<const std::uint8_t> frame);

}  // namespace fieldweir
