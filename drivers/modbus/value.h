// value: registers to readings. Pure functions of the bytes of a verified answer.
//
// A register is 16 bits, sent high byte first. `byte_order: little` says that the device fills its
// registers low byte first; `word_order: little` that the first register of a wider value holds its
// lowest 16 bits. The two are independent. Without scale and offset integers stay integers, exact
// to 64 bits; with them value = raw x scale + offset, a float64. A device's own "no value" codes,
// and floats that are no finite number, become bad(invalid code).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/reading.h"
#include "drivers/modbus/frame.h"

namespace fieldweir {

enum class ModbusType : std::uint8_t {
  boolean,  // a bit of a bit table, or a register that is not 0
  bit,      // one bit of a register
  int16,
  uint16,
  int32,
  uint32,
  float32,
  int64,
  uint64,
  float64,
};

enum class Order : std::uint8_t { big, little };

/// Registers that a value takes: 1, 2 or 4. In bit tables a value takes one bit.
std::uint16_t registers_of(ModbusType type);

class ModbusValue {
 public:
  struct Format {
    ModbusType type = ModbusType::uint16;
    unsigned bit = 0;  // of ModbusType::bit; 0 is the lowest
    Order word_order = Order::big;
    Order byte_order = Order::big;
    bool scaled = false;
    double scale = 1;
    double offset = 0;
    std::vector<std::int64_t> invalid;  // integers: signed or unsigned form of the same bits
  };

  explicit ModbusValue(Format format);

  Kind kind() const { return kind_; }

  /// The value at `index` registers (or bits) into the data of an answer from `table`. The plan has
  /// seen to it that it lies within.
  Reading decode(ModbusTable table, std::span<const std::uint8_t> data, std::size_t index,
                 SignalId signal, Time time) const;

 private:
  std::uint64_t assemble(std::span<const std::uint8_t> registers) const;
  bool invalid(std::uint64_t raw) const;
  double number(std::uint64_t raw) const;

  Format format_;
  Kind kind_;
  double divisor_ = 0;  // 1 / scale where that is whole, else 0
};

}  // namespace fieldweir
