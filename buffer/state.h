// state: cursors and counts as bytes, as they stand in the journal's `state` table. Pure; broken
// bytes read as nothing.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "buffer/tail.h"

namespace fieldweir {

/// Batches of a lane on disk.
struct LaneTotals {
  std::uint64_t batches = 0;
  std::uint64_t bytes = 0;
};
using JournalTotals = std::array<LaneTotals, lane_count>;

/// Since when an uplink is not run, and the newest batch of each lane then.
struct Absence {
  Time since = 0;  // 0: the clock was not synchronised
  std::array<Position, lane_count> last;
};

/// One value, at most 2,048 bytes.
class StateBytes {
 public:
  std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }

  static StateBytes of(const UplinkBooks& books);
  static StateBytes of(const FieldTotals& totals);
  static StateBytes of(const JournalTotals& totals);
  static StateBytes of(const Absence& absence);

 private:
  std::array<std::byte, 2048> bytes_;
  std::size_t size_ = 0;
};

std::optional<UplinkBooks> read_books(std::span<const std::byte> bytes);
std::optional<FieldTotals> read_field(std::span<const std::byte> bytes);
std::optional<JournalTotals> read_totals(std::span<const std::byte> bytes);
std::optional<Absence> read_absence(std::span<const std::byte> bytes);

}  // namespace fieldweir
