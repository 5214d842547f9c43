// Position: a batch's place in its lane. Value types.
#pragma once

#include <compare>
#include <cstdint>

#include "core/signal_table.h"

namespace fieldweir {

/// (stream, epoch, seq). `stream` is random and changes only when a journal was lost; the epoch
/// grows by one at each start; seq counts from 1 within an epoch and never repeats. Within one
/// journal epochs grow even across streams, so order is by (epoch, seq).
struct Position {
  std::uint32_t stream = 0;
  std::uint32_t epoch = 0;
  std::uint64_t seq = 0;

  friend bool operator==(const Position&, const Position&) = default;
  friend auto operator<=>(const Position& a, const Position& b) {
    if (const auto order = a.epoch <=> b.epoch; order != 0) return order;
    return a.seq <=> b.seq;
  }
};

}  // namespace fieldweir
