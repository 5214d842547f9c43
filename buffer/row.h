// row: a batch's place in the journal as one integer key, so that a lane is a range of keys in
// order. Bit 62: lane; bits 38 to 61: epoch; bits 0 to 37: seq. That is 16 million starts and 274
// thousand million batches in each.
#pragma once

#include <cstdint>

#include "buffer/position.h"
#include "core/check.h"

namespace fieldweir {

using RowId = std::int64_t;

inline constexpr int seq_bits = 38;
inline constexpr int epoch_bits = 24;

inline RowId row_id(Lane lane, Position position) {
  FIELDWEIR_CHECK(position.seq >> seq_bits == 0 && position.epoch >> epoch_bits == 0);
  return static_cast<RowId>(lane) << (seq_bits + epoch_bits) |
         static_cast<RowId>(position.epoch) << seq_bits | static_cast<RowId>(position.seq);
}

inline RowId last_row(Lane lane) {
  return row_id(lane, {0, (1u << epoch_bits) - 1, (std::uint64_t{1} << seq_bits) - 1});
}

inline Lane lane_of(RowId id) { return static_cast<Lane>(id >> (seq_bits + epoch_bits)); }

/// The stream stands in the run's row.
inline Position position_of(RowId id, std::uint32_t stream) {
  const auto bits = static_cast<std::uint64_t>(id);
  return {stream, static_cast<std::uint32_t>(bits >> seq_bits & ((1u << epoch_bits) - 1)),
          bits & ((std::uint64_t{1} << seq_bits) - 1)};
}

}  // namespace fieldweir
