// value: registers to readings and back. decode() takes the bytes of a verified answer, encode()
// gives the registers of a write. Owned by the driver, used on its bus's thread; allocates nothing
// once built.
//
// A register is 16 bits, sent high byte first. `byte_order: little` says that the device fills its
// registers low byte first; `word_order: little` that the first register of a wider value holds its
// lowest 16 bits. The two are independent. Without scale and offset integers stay integers, exact
// to 64 bits; with them value = raw x scale + offset, a float64. A device's own "no value" codes,
// floats that are no finite number, BCD digits above 9, codes that an `enum` does not name and
// scale factors outside -10 to 10 become bad(invalid code); a string that is no UTF-8 or holds
// control characters bad(parse error). Text that the TextTable has no room for becomes
// bad(text table full).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/reading.h"
#include "core/result.h"
#include "core/text_table.h"
#include "drivers/modbus/frame.h"
#include "drivers/modbus/type.h"

namespace fieldweir {

/// What is written as one value: up to 4 registers in the order of their addresses, each as a
/// number; or one coil, 0 or 1.
struct ModbusRegisters {
  std::array<std::uint16_t, 4> words{};
  std::uint16_t count = 1;
};

class ModbusValue {
 public:
  static constexpr std::uint16_t longest_string = TextTable::longest / 2;  // registers
  static constexpr int largest_factor = 10;  // of a scale register: 10^-10 to 10^10

  struct Format {
    ModbusType type = ModbusType::uint16;
    unsigned bit = 0;          // the lowest one, of types bit and bits
    unsigned bits = 1;         // how many, of type bits
    std::uint16_t length = 0;  // registers of type string
    Order word_order = Order::big;
    Order byte_order = Order::big;
    double scale = 1;
    double offset = 0;
    std::optional<int> decimals;        // the result is rounded to so many
    std::vector<std::int64_t> invalid;  // integers: signed or unsigned form of the same bits
    std::vector<std::pair<std::int64_t, std::string>> states;  // code and text of an `enum`
    /// Of a point that holds a scale factor too (an int16: value = raw x 10^factor), where in the
    /// point the value starts and where the factor is, in registers.
    std::uint16_t value_at = 0;
    std::optional<std::uint16_t> factor_at;

    /// Registers of the value itself. In bit tables a value takes one bit.
    std::uint16_t registers() const { return length != 0 ? length : registers_of(type); }
    bool scaled() const { return scale != 1 || offset != 0 || factor_at.has_value(); }
    /// What the readings will be.
    Kind kind() const;
  };

  /// Remembers the texts of an `enum` in `texts`, which outlives it.
  ModbusValue(Format format, TextTable& texts);

  Kind kind() const { return kind_; }

  /// The value of the point at `index` registers (or bits) into the data of an answer from `table`.
  /// The plan has seen to it that it lies within.
  Reading decode(ModbusTable table, std::span<const std::uint8_t> data, std::size_t index,
                 SignalId signal, Time time);

  /// What to write so that the device holds `value`, which is in the signal's unit; scaled values
  /// are rounded to the nearest that the registers can hold. An enum takes its texts and its codes.
  /// out of range: does not fit; wrong type: a text for a number and the like; invalid code: the
  /// registers would then say "no value". Not for strings, bits, and values with a scale register.
  Result<ModbusRegisters> encode(ModbusTable table, const Reading& value) const;

 private:
  struct State {
    std::uint64_t raw;
    std::optional<std::uint32_t> text;  // none: the table was full
  };

  std::uint64_t assemble(const std::uint8_t* registers, std::size_t count) const;
  bool invalid(std::uint64_t raw) const;
  Reading state(std::uint64_t raw, SignalId signal, Time time) const;
  std::optional<std::uint32_t> remember(std::string_view text);
  Reading text(std::span<const std::uint8_t> registers, SignalId signal, Time time);
  /// The number as the user sees it; NaN if the scale factor is none.
  double scaled(double number, const std::uint8_t* point) const;
  Result<std::uint64_t> encode_integer(const Reading& value) const;
  Result<std::uint64_t> encode_real(const Reading& value) const;
  Result<std::uint64_t> encode_state(const Reading& value) const;
  Result<std::uint64_t> encode_boolean(const Reading& value) const;
  double unscaled(double value) const;

  const Format format_;
  const Kind kind_;
  const ModbusShape shape_;
  const std::uint16_t registers_;
  unsigned shift_ = 0;         // of the value's lowest bit
  std::uint64_t mask_ = 0;     // of its bits, once shifted
  double divisor_ = 0;         // 1 / scale where that is whole, else 0
  double rounding_ = 0;        // 10^decimals, 0: none
  std::vector<State> states_;  // by raw
  TextTable& texts_;
  std::optional<std::uint32_t> last_text_;
  std::size_t texts_added_ = 0;  // to the table, by this signal
};

}  // namespace fieldweir
