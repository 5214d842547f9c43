// HoleSearch: finds out why a device refuses a read of several points. Pure; owned by the driver,
// bus thread only. It asks for parts of the read until it knows the shortest one that is refused,
// doubling and halving, so that one hole among n points takes some 3 log2(n) questions and n holes
// in a row take n. What that shortest part says:
//   one point: the device does not have it;
//   two points: it does not let a read span what lies between them;
//   more: the read is longer than it takes, since everything within can be read.
#pragma once

#include <optional>
#include <span>

#include "drivers/modbus/plan.h"

namespace fieldweir {

class HoleSearch {
 public:
  /// `read` was refused. The points stay where they are while the search is under way.
  void start(std::span<const ModbusPoint> sorted, const PlannedRead& read);
  void stop() { points_ = {}; }
  bool under_way() const { return !points_.empty(); }

  /// What to ask for next. It may be the whole read once more, before that counts as refused.
  PlannedRead next() const;
  /// The answer. The hole, once it is found; the search is over then, as it is when the whole read
  /// was answered after all.
  std::optional<ModbusHole> told(bool refused);

 private:
  /// The shortest length that is refused; every longer one is too.
  struct Length {
    std::uint32_t accepted = 0;
    std::uint32_t refused = 0;  // known to be
    std::uint32_t next() const;
    bool known() const { return refused == accepted + 1; }
  };
  ModbusHole found() const;

  std::span<const ModbusPoint> points_;
  PlannedRead read_{};
  Length front_;  // from the read's first point on
  Length back_;   // then from the last of those points backwards
};

}  // namespace fieldweir
