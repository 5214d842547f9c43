#include "drivers/modbus/frame.h"

#include <algorithm>
#include <array>

#include "core/check.h"
#include "drivers/modbus/identification.h"

namespace fieldweir {
namespace {

std::uint8_t high(unsigned v) { return static_cast<std::uint8_t>(v >> 8); }
std::uint8_t low(unsigned v) { return static_cast<std::uint8_t>(v); }

constexpr std::uint8_t exception_bit = 0x80;

bool is_read(ModbusFunction function) { return function <= ModbusFunction::read_input; }

/// What a write says in its last two bytes, and its answer repeats: the value or the count.
unsigned write_word(const ModbusRequest& request) {
  if (request.function == ModbusFunction::write_coil) return (request.data[0] & 1) ? 0xFF00 : 0;
  if (request.function == ModbusFunction::write_register) return big_endian(request.data, 0);
  return request.count;
}

Result<ModbusAnswer> verify_read(const ModbusRequest& request,
                                 std::span<const std::uint8_t> answer) {
  const auto bytes = static_cast<unsigned>(data_bytes(request));
  if (answer[1] != bytes) return mismatch("byte count", answer[1], bytes);
  if (answer.size() != 2 + bytes)
    return mismatch("answer size", static_cast<unsigned>(answer.size()), 2 + bytes);
  return ModbusAnswer{answer.subspan(2), 0};
}

Result<ModbusAnswer> verify_write(const ModbusRequest& request,
                                  std::span<const std::uint8_t> answer) {
  if (answer.size() != 5) return mismatch("answer size", static_cast<unsigned>(answer.size()), 5);
  if (big_endian(answer, 1) != request.address)
    return mismatch("written address", big_endian(answer, 1), request.address);
  if (big_endian(answer, 3) != write_word(request))
    return mismatch(is_single_write(request.function) ? "written value" : "written count",
                    big_endian(answer, 3), write_word(request));
  return ModbusAnswer{};
}

}  // namespace

std::size_t data_bytes(const ModbusRequest& request) {
  switch (request.function) {
    case ModbusFunction::read_coils:
    case ModbusFunction::read_discrete:
    case ModbusFunction::write_coil:
    case ModbusFunction::write_coils:
      return (request.count + 7u) / 8;
    case ModbusFunction::identify:
      return 0;
    default:
      return request.count * 2u;
  }
}

std::size_t encode_request(const ModbusRequest& request,
                           std::span<std::uint8_t, modbus_unit_bytes> out) {
  out[0] = static_cast<std::uint8_t>(request.function);
  if (request.function == ModbusFunction::identify) {
    out[1] = modbus_identify_type;
    out[2] = low(request.count);
    out[3] = low(request.address);
    return 4;
  }
  const bool read = is_read(request.function);
  const std::size_t bytes = read ? 0 : data_bytes(request);
  FIELDWEIR_CHECK(request.data.size() == bytes && 6 + bytes <= out.size());
  const unsigned word = read ? request.count : write_word(request);
  const std::uint8_t head[] = {high(request.address), low(request.address), high(word), low(word)};
  std::ranges::copy(head, out.begin() + 1);
  if (read || is_single_write(request.function)) return 5;
  out[5] = low(static_cast<unsigned>(bytes));
  std::ranges::copy(request.data, out.begin() + 6);
  return 6 + bytes;
}

Result<ModbusAnswer> verify_unit(const ModbusRequest& request,
                                 std::span<const std::uint8_t> answer) {
  // the shortest answer is an exception: function and code
  const auto size = static_cast<unsigned>(answer.size());
  if (size < 2) return mismatch("answer size", size, 2);
  if (size > modbus_unit_bytes) return mismatch("answer size", size, modbus_unit_bytes);
  const auto function = static_cast<std::uint8_t>(request.function);
  if (answer[0] == (function | exception_bit)) {
    if (answer.size() != 2)
      return mismatch("exception size", static_cast<unsigned>(answer.size()), 2);
    if (answer[1] == 0) return mismatch("exception code", 0, 1);
    return ModbusAnswer{{}, answer[1]};
  }
  if (answer[0] != function) return mismatch("function", answer[0], function);
  if (request.function == ModbusFunction::identify) return verify_identification(request, answer);
  return is_read(request.function) ? verify_read(request, answer) : verify_write(request, answer);
}

Error mismatch(const char* what, unsigned got, unsigned expected) {
  return error(Reason::bad_response, "%s is %u where %u was expected", what, got, expected);
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
