// The writing half of modbus/driver.h.
#include "drivers/modbus/driver.h"

namespace fieldweir {
namespace {

ModbusFunction writing(ModbusTable table, const ModbusRegisters& registers) {
  if (holds_bits(table)) return ModbusFunction::write_coil;
  return registers.count == 1 ? ModbusFunction::write_register : ModbusFunction::write_registers;
}

/// `what` became of the value, and why that is all that is known.
Error after(const char* what, const Error& why) {
  const std::string_view text = why.text.view();
  return error(why.reason, "%s: %.*s", what, static_cast<int>(text.size()), text.data());
}

Error refusal(const char* what, std::uint8_t exception) {
  return error(Reason::refused, "%s: exception %u, %s", what, exception, exception_text(exception));
}

}  // namespace

Result<Reading> ModbusDriver::write(std::size_t signal, const Reading& value, Time deadline,
                                    const Stop& stop) {
  if (const Duration quiet = quiet_until() - clock_.now(); quiet > 0)
    return error(Reason::timeout, "not written: unit %u still owes an answer; again in %d ms",
                 endpoint_.unit, static_cast<int>(quiet / millisecond) + 1);
  const ModbusPoint& point = signals_[signal].point;
  const Result<ModbusRegisters> registers = values_[signal].encode(point.table, value);
  if (!registers) return after("not written", registers.error());

  std::array<std::uint8_t, 2 * std::tuple_size_v<decltype(ModbusRegisters::words)>> bytes{};
  for (std::size_t i = 0; i < registers.value().count; ++i) {
    bytes[2 * i] = static_cast<std::uint8_t>(registers.value().words[i] >> 8);
    bytes[2 * i + 1] = static_cast<std::uint8_t>(registers.value().words[i]);
  }
  if (holds_bits(point.table)) bytes[0] = static_cast<std::uint8_t>(registers.value().words[0]);
  ModbusRequest request{.unit = endpoint_.unit,
                        .function = writing(point.table, registers.value()),
                        .address = point.address,
                        .count = registers.value().count};
  request.data = std::span(bytes).first(data_bytes(request));

  const Result<ModbusAnswer> written = ask(request, deadline, stop);
  if (!written) return after("may have been written", written.error());
  const std::uint8_t exception = written.value().exception;
  // 4: it failed while doing it; 5: it is still doing it
  if (exception == 4 || exception == 5) return refusal("may have been written", exception);
  if (exception != 0) return refusal("not written", exception);
  return read_back(signal, deadline, stop);
}

Result<Reading> ModbusDriver::read_back(std::size_t signal, Time deadline, const Stop& stop) {
  const ModbusPoint& point = signals_[signal].point;
  const Result<ModbusAnswer> answer = ask({.unit = endpoint_.unit,
                                           .function = reading(point.table),
                                           .address = point.address,
                                           .count = point.width},
                                          deadline, stop);
  if (!answer) return after("written, but not read back", answer.error());
  if (answer.value().exception != 0)
    return refusal("written, but not read back", answer.value().exception);
  return values_[signal].decode(point.table, answer.value().data, 0,
                                first_ + static_cast<SignalId>(signal), clock_.now());
}

}  // namespace fieldweir
