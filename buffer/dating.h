// dating: when readings really were that were taken while the clock was wrong. A run that begins
// before the clock is synchronised marks its batches, and they keep gateway time. Once the clock is
// synchronised, it is known when the machine really booted, and so by how much the gateway time of
// this run, and of earlier ones of the same boot, was off: readers add that. A run that ended
// before stays as it is, marked.
//
// What an uplink was given before stays as it was given: equal positions, equal bytes. So the row
// says what that was. In the journal: "clock/<epoch>", only for runs that began with a wrong clock.
//
// Dating: owned by the Log; the uplinks' readers ask it, the recorder dates and stores. One short
// lock, taken only in such a run.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "buffer/given.h"
#include "buffer/journal.h"
#include "core/clock.h"

namespace fieldweir {

struct GivenToUplink {
  std::int64_t uplink = 0;              // hash of its name
  std::array<Given, lane_count> lanes;  // with the times of a wrong clock
};

/// Of a run that began with a wrong clock.
struct RunClock {
  Clock::Boot boot;            // as its gateway time had it
  std::optional<Time> booted;  // when that really was; none: never known
  std::vector<GivenToUplink> given;
};

/// A batch that an uplink finds behind `after`.
struct FoundBatch {
  Lane lane;
  Position after;
  Position position;
};

std::vector<std::byte> encode_clock(const RunClock& clock);
std::optional<RunClock> decode_clock(std::span<const std::byte> bytes);
std::string clock_row(std::uint32_t epoch);

class Dating {
 public:
  /// Gateway time is true if it is no further from the synchronised clock than so.
  static constexpr Duration close_enough = 500 * millisecond;
  static bool is_true(const Clock& clock);

  Dating(const Clock& clock, const std::vector<std::string>& uplinks);
  /// While building: what an earlier run of this boot may have given to uplinks.
  void resume(Journal& journal, std::span<const UplinkBooks> books);

  /// Whether this run's gateway time was true from the beginning.
  bool true_from_start() const { return true_from_start_; }
  /// Whether there is anything to store.
  bool matters() const { return !true_from_start_ || of_this_boot_; }

  // --- readers
  /// What to add to the times of a batch of this run; none: they stay, marked as they are.
  std::optional<Duration> correction(std::size_t uplink, const FoundBatch& found);
  /// The same of a batch of the run that `earlier` belongs to.
  std::optional<Duration> correction(std::size_t uplink, const FoundBatch& found,
                                     const RunClock& earlier);

  // --- recorder
  /// Looks whether the clock is synchronised by now; true once, when it first is.
  bool date(const Clock& clock);
  bool waits() const;
  /// Within a transaction: the rows of this run and of those of the same boot.
  Result<> store(Journal& journal, std::uint32_t epoch) const;

 private:
  std::optional<Duration> correction(std::size_t uplink, const FoundBatch& found, Clock::Boot boot);

  const bool true_from_start_;
  bool of_this_boot_ = false;  // there are earlier runs with a wrong clock
  mutable std::mutex mutex_;
  RunClock run_;
};

}  // namespace fieldweir
