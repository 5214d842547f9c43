// survey: which registers (or bits) of a table a device lets itself be read, found with few
// requests. Pure but for the asking, which is handed in.
//
// Devices refuse a whole read for one missing register, so a refused block says little. First the
// range is asked in the largest blocks: a lenient device is known after that. What is left is
// looked for with single reads, 64 apart, then 16, 4 and 1; each hit is grown in both directions by
// bisection. The requests are bounded; when they are used up, what is known is good, and `finest`
// says what may have been missed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/result.h"
#include "drivers/modbus/frame.h"

namespace fieldweir {

struct ModbusRange {
  std::uint16_t first;
  std::uint16_t last;  // inclusive
  unsigned count() const { return last - first + 1u; }
  friend bool operator==(const ModbusRange&, const ModbusRange&) = default;
};

struct Survey {
  /// Neighbours that can be read, each with its data as in one answer: two bytes a register; bits
  /// are packed from the lowest of the first byte.
  struct Island {
    ModbusRange range;
    std::vector<std::uint8_t> data;
  };
  std::vector<Island> islands;  // in order
  unsigned requests = 0;
  unsigned finest = 0;         // islands of at least so many were found; 0: only whole blocks
  unsigned most = 0;           // the largest read that was not refused as too large
  std::optional<Error> ended;  // why it ended early: no answers, a stop request
  std::uint8_t exception = 0;  // with which the device refuses the table as a whole: 1
};

using SurveyAsk =
    std::function<Result<ModbusAnswer>(ModbusTable table, std::uint16_t address, unsigned count)>;

/// Makes at most `budget` requests of at most `most` registers or bits.
Survey survey(const SurveyAsk& ask, ModbusTable table, ModbusRange within, unsigned most,
              unsigned budget);

}  // namespace fieldweir
