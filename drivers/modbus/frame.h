// frame: requests and their answers as bytes on a TCP connection. Pure functions.
// Source: MODBUS Application Protocol V1.1b3, sections 6.1 to 6.4 and 7; MODBUS Messaging on TCP/IP
// Implementation Guide V1.0b, section 3.1.3 (MBAP header: transaction, protocol 0, length, unit).
// A frame is judged as a whole; from one that fails, nothing is taken.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/result.h"

namespace fieldweir {

/// The four tables of a Modbus device; the value is the function code that reads it.
enum class ModbusTable : std::uint8_t { coil = 1, discrete = 2, holding = 3, input = 4 };

/// Tables of single bits, 8 to the byte in an answer; the others are of 16-bit registers.
inline bool holds_bits(ModbusTable table) { return table <= ModbusTable::discrete; }

enum class ModbusFunction : std::uint8_t {
  read_coils = 1,
  read_discrete = 2,
  read_holding = 3,
  read_input = 4,
};
inline ModbusFunction reading(ModbusTable table) { return static_cast<ModbusFunction>(table); }

/// What is asked of one unit, whatever the framing.
struct ModbusRequest {
  std::uint8_t unit = 1;
  ModbusFunction function = ModbusFunction::read_holding;
  std::uint16_t address = 0;  // zero-based
  std::uint16_t count = 1;    // registers (at most 125) or bits (at most 2,000)
};

inline constexpr std::size_t modbus_header_bytes = 6;  // what the MBAP length does not count
inline constexpr std::size_t modbus_frame_bytes = 260;

std::array<std::uint8_t, 12> tcp_request(std::uint16_t transaction, const ModbusRequest& request);

/// The size of the frame that starts with these `modbus_header_bytes` bytes, 0 if impossible.
std::size_t announced_bytes(std::span<const std::uint8_t> frame);

/// What a verified frame says: the table's bytes, or a refusal.
struct ModbusAnswer {
  std::span<const std::uint8_t> data;  // within the frame; empty with an exception
  std::uint8_t exception = 0;          // 0: none
};

/// Reason::bad_response unless `frame` is exactly one answer to exactly this request.
Result<ModbusAnswer> verify_answer(std::uint16_t transaction, const ModbusRequest& request,
                                   std::span<const std::uint8_t> frame);

/// illegal address for 2, else device exception.
Reason reason_of_exception(std::uint8_t exception);
/// "illegal data address", for people.
const char* exception_text(std::uint8_t exception);

}  // namespace fieldweir
