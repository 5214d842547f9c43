// guess: what in a device could be a value that is known to be true, like the one that its panel
// shows: every place, type, order and usual scale that gives it, the most plausible first. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "drivers/modbus/interpret.h"
#include "drivers/modbus/survey.h"

namespace fieldweir {

/// A number as a panel shows it.
struct KnownValue {
  double value;
  double tolerance;  // half of the last digit shown

  bool matches(double candidate) const;
};

/// "230.4" is 230.4 +- 0.05; nothing if it is no number.
std::optional<KnownValue> known_value(std::string_view text);

struct Guess {
  std::uint16_t address;
  Interpretation way;
  double scale;
  double value;  // what was read, scaled
  double cost;   // less is more plausible
};

/// All of them, by cost, then address.
std::vector<Guess> guess(ModbusTable table, const std::vector<Survey::Island>& islands,
                         const KnownValue& known);

/// Of `guesses` those that give `known` when the device is read again.
std::vector<Guess> still_right(const std::vector<Guess>& guesses, ModbusTable table,
                               const std::vector<Survey::Island>& islands, const KnownValue& known);

}  // namespace fieldweir
