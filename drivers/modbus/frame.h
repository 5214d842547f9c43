// frame: requests and their answers as protocol data units, the part that every framing carries.
// tcp_frame and rtu_frame put it on a wire. Pure functions.
// Source: MODBUS Application Protocol V1.1b3, sections 6.1 to 6.6, 6.11, 6.12, 6.21 and 7.
// An answer is judged as a whole; from one that fails, nothing is taken.
#pragma once

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
  write_coil = 5,
  write_register = 6,
  write_coils = 15,
  write_registers = 16,
  identify = 43,  // read device identification: 43 / 14
};
/// Of one coil or register: the answer repeats the request to the byte.
inline bool is_single_write(ModbusFunction function) {
  return function == ModbusFunction::write_coil || function == ModbusFunction::write_register;
}
inline ModbusFunction reading(ModbusTable table) { return static_cast<ModbusFunction>(table); }

/// What is asked of one unit, whatever the framing.
struct ModbusRequest {
  std::uint8_t unit = 1;
  ModbusFunction function = ModbusFunction::read_holding;
  std::uint16_t address = 0;  // zero-based; to identify: the first object wanted
  // Registers (to read at most 125, to write 123) or bits (2,000 and 1,968); 1 with write_coil and
  // write_register; to identify: 1 basic, 2 regular, 3 extended, 4 one object.
  std::uint16_t count = 1;
  // Of writes, as answers hold it: registers high byte first, bits 8 to the byte, lowest first.
  // Exactly data_bytes(request) of them.
  std::span<const std::uint8_t> data = {};
};

/// Bytes that `count` registers or bits take.
std::size_t data_bytes(const ModbusRequest& request);

/// Most that a protocol data unit holds.
inline constexpr std::size_t modbus_unit_bytes = 253;

/// Writes the request from the function code on; returns its size.
std::size_t encode_request(const ModbusRequest& request,
                           std::span<std::uint8_t, modbus_unit_bytes> out);

/// What a verified answer says: the table's bytes, nothing (a write), what the device says of
/// itself (see identification.h), or a refusal.
struct ModbusAnswer {
  std::span<const std::uint8_t> data;  // within the frame; empty with an exception
  std::uint8_t exception = 0;          // 0: none
};

/// Reason::bad_response unless `answer`, from the function code on, is exactly one answer to
/// exactly this request. A write must be echoed: address with value or count.
Result<ModbusAnswer> verify_unit(const ModbusRequest& request,
                                 std::span<const std::uint8_t> answer);

/// "`what` is `got` where `expected` was expected", as framings complain, too.
Error mismatch(const char* what, unsigned got, unsigned expected);

/// illegal address for 2, else device exception.
Reason reason_of_exception(std::uint8_t exception);
/// "illegal data address", for people.
const char* exception_text(std::uint8_t exception);

/// Two bytes of a frame as a number, high byte first.
inline unsigned big_endian(std::span<const std::uint8_t> bytes, std::size_t at) {
  return bytes[at] << 8 | bytes[at + 1];
}

}  // namespace fieldweir
