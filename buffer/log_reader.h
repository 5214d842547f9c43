// LogReader: one uplink's view of the log. It never shows whether the tail or the journal answered.
// The gateway object owns one per uplink; it is used on that uplink's thread only. Nothing is
// allocated after construction except inside SQLite, within its heap limit.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "buffer/codec.h"
#include "buffer/cursor.h"
#include "buffer/gaps.h"
#include "buffer/position.h"
#include "core/reading.h"
#include "core/result.h"

namespace fieldweir {

/// A batch taken apart. The caller owns one and reuses it; sized at construction, it grows only for
/// a batch that an earlier run's configuration allowed to be larger.
class DecodedBatch {
 public:
  /// `rows`: the most that a batch can hold.
  explicit DecodedBatch(std::size_t rows);

  Lane lane = Lane::telemetry;
  Position position;
  /// First of the positions that this batch stands for; equal to `position` but after drops.
  Position replaces_from;
  bool clock_synchronised = true;
  Duration interval = 0;          // of a thinned batch (buffer/thinning.h): what one reading spans
  std::vector<Reading> readings;  // Reading::signal and as_text() are resolved by the calls below
  std::vector<Thinned> thinned;   // what readings with that flag stand for: thinned[reading.bits]
  std::vector<Gap> gaps;
  std::vector<BatchText> texts;          // what text readings index
  const SignalTable* signals = nullptr;  // of the run that wrote the batch; set before name()

  /// nullptr: the reading stands for itself.
  const Thinned* thinned_of(const Reading& reading) const {
    return is_thinned(reading) ? &thinned[reading.bits] : nullptr;
  }
  /// With its own value: of a thinned one, the mean.
  Reading with_value(Reading reading) const {
    if (is_thinned(reading)) reading.bits = thinned[reading.bits].bits;
    return reading;
  }

  std::string_view name(SignalId signal) const { return (*signals)[signal].name; }
  std::string_view unit(SignalId signal) const { return (*signals)[signal].unit; }
  std::string_view text(std::uint32_t id) const { return texts[id]; }
};

/// The most batches that an uplink reads past its cursor. Behind them, batches that nobody has seen
/// may be replaced by a gap mark when the log is full.
inline constexpr std::size_t most_ahead = 100;

/// What an uplink with `rate_limit` has sent in a month.
struct Usage {
  std::int64_t month = 0;  // since January 1970; 0: nothing was ever counted
  std::uint64_t bytes = 0;
};

class LogReader {
 public:
  virtual ~LogReader() = default;

  using Cursor = fieldweir::Cursor;

  /// Where the uplink continues in `lane` after a start or a lost connection.
  virtual Cursor cursor(Lane lane) const = 0;
  /// What it has taken ahead of that.
  virtual Ahead ahead(Lane lane) const = 0;
  /// The newest batch that was closed.
  virtual Position last(Lane lane) const = 0;

  /// The first batch after `after` in `lane` into `out`; false if there is none yet.
  /// A batch that fails its checksum comes out as a gap(corrupt) in its place, never as an Error.
  virtual Result<bool> next(Lane lane, Position after, DecodedBatch& out) = 0;

  /// What became of the readings of the batches between the old cursor and the new one.
  struct Outcome {
    std::uint64_t delivered = 0;
    std::uint64_t not_selected = 0;
    std::uint64_t dead_lettered = 0;
  };

  /// Moves the cursor of the range that the position lies in forward, never back. Durable with the
  /// next commit, if one is needed.
  virtual void acknowledge(Lane lane, Cursor cursor, Outcome outcome) = 0;

  /// Leaves what the uplink is owed up to `after`, the newest batch, for later. While ahead() is
  /// not full.
  virtual void go_live(Lane lane, Position after) = 0;

  /// Keeps `part`, which this destination refuses for ever, with the reason; bounded, oldest go
  /// first. Before its batch is acknowledged.
  virtual void dead_letter(const DecodedBatch& part, std::string_view why) = 0;

  /// Kept with the cursors.
  virtual Usage usage() const = 0;
  virtual void use(Usage usage) = 0;
};

}  // namespace fieldweir
