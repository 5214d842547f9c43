// libmodbus: the registers of a unit, and answers to requests for them, by libmodbus. Its one door:
// libmodbus.cc is the only file that includes its header. For `simulate`; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "drivers/modbus/endpoint.h"
#include "drivers/modbus/plan.h"

namespace fieldweir {

/// The four tables of one unit, from the lowest to the highest address of its points. What no point
/// covers is refused with exception 2.
class ModbusUnit {
 public:
  explicit ModbusUnit(std::span<const ModbusPoint> points);
  ~ModbusUnit();
  ModbusUnit(const ModbusUnit&) = delete;
  ModbusUnit& operator=(const ModbusUnit&) = delete;

  /// A register, or a bit as 0 or 1, of one of the points.
  std::uint16_t get(ModbusTable table, std::uint16_t address) const;
  void set(ModbusTable table, std::uint16_t address, std::uint16_t value);
  bool covers(ModbusTable table, unsigned address, unsigned count) const;
  /// A client has written there; stays true.
  void mark_written(ModbusTable table, unsigned address, unsigned count);
  bool written(ModbusTable table, unsigned address) const;

 private:
  friend class ModbusServer;
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

class ModbusServer {
 public:
  explicit ModbusServer(ModbusFraming framing);
  ~ModbusServer();
  ModbusServer(const ModbusServer&) = delete;
  ModbusServer& operator=(const ModbusServer&) = delete;

  /// Does what a whole, checked request frame asks and answers on the descriptor; false if that
  /// could not be written.
  bool answer(int descriptor, std::span<const std::uint8_t> frame, ModbusUnit& unit);
  bool refuse(int descriptor, std::span<const std::uint8_t> frame, std::uint8_t exception);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace fieldweir
