// Window: aggregates of one signal over fixed stretches of event time. Owned by the pipeline, runs
// on its thread only, allocates nothing after construction.
//
// Windows tumble on the UTC epoch: number n covers [n * size, (n + 1) * size), and its results
// carry the START of that stretch. It closes when gateway time passes its end by `grace`; never the
// newest event time decides, so one device dated 2099 closes nothing. What comes after is counted
// as late, what lies more than one window in the future as ahead; neither is applied. Bad readings
// and those without a number do not enter; some of them make the results uncertain, none but them
// bad, with the last reason. A window that this run saw only in part is uncertain(stopped). One in
// which nothing was read emits nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"
#include "core/counter.h"
#include "core/reading.h"

namespace fieldweir {

enum class Aggregate : std::uint8_t { mean, min, max, sum, count, first, last };
std::string_view to_string(Aggregate aggregate);

/// What results are: count is uint64, mean and sum are float64, the others what was read.
Kind kind_of(Aggregate aggregate, Kind read);

/// One row of `windows`.
struct WindowSettings {
  std::string name;      // results are the signals "<name>.<aggregate>"
  config::Reference of;  // a signal; its unit is that of the results, except of count
  Duration tumbling = 0;
  std::vector<Aggregate> emit;  // at least one, each once
  Duration grace = 2 * second;
  config::Place place;
};

const config::Fields<WindowSettings>& window_fields();

class Window {
 public:
  struct Result {
    Aggregate aggregate;
    SignalId signal;
  };

  Window(Duration size, Duration grace, std::vector<Result> results);

  static std::size_t bytes_for(Duration size, Duration grace);

  /// Before the readings of a turn: so that windows up to the one after `now` can be open. Closes
  /// only what is in their way after a standstill. Returns how many results it wrote to `out`,
  /// which has room for most_results().
  std::size_t make_room(Time now, std::span<Reading> out);

  /// Applies a reading to its window, or counts it as late or ahead.
  void add(const Reading& reading);

  /// After the readings of a turn: closes what is due at `now`, oldest first. Writes to `out` as
  /// above.
  std::size_t close(Time now, std::span<Reading> out);

  /// Closes everything that is open, as uncertain(stopped).
  std::size_t stop(std::span<Reading> out);

  /// When close() next has something to look at.
  Time due() const { return (first_open_ + 1) * size_ + grace_; }

  std::size_t most_results() const { return open_.size() * results_.size(); }

  Counter late;
  Counter ahead;

 private:
  struct Open {
    std::uint64_t count = 0;
    std::uint64_t excluded = 0;  // bad, or not a number
    bool uncertain = false;
    Reason reason = Reason::none;  // of the last that was not good
    double sum = 0;
    Reading min, max, first, last;  // first and last by event time
  };

  std::int64_t number(Time time) const;
  Open& slot(std::int64_t number);
  std::size_t close_before(std::int64_t first_open, bool whole, std::span<Reading> out);
  std::size_t emit(const Open& open, std::int64_t number, bool whole, std::span<Reading> out) const;

  static constexpr std::int64_t unset = INT64_MIN;

  const Duration size_;
  const Duration grace_;
  const std::vector<Result> results_;
  std::vector<Open> open_;            // window n lives in n modulo their count
  std::int64_t first_open_ = unset;   // number of the oldest window that may be open
  std::int64_t first_whole_ = unset;  // of the first that began in this run
};

}  // namespace fieldweir
