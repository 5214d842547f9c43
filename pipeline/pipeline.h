// Pipeline: takes readings from all buses, runs filters and windows, keeps the latest values, and
// hands what remains to the batcher. Owned by the gateway object; one thread; allocates nothing in
// turns.
//
//   bus rings -> filters of the signal -> latest value -> its windows -> Output
//                                                 results --^ (no filters of their own)
//
// What the gateway says of itself joins them after the rings: derived readings of its own signals.
// A turn takes from every ring in chunks, round and round, at most what the ring can hold; a busy
// bus delays others by a chunk. Output never refuses. What buses lost before us becomes a gap mark.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "core/account.h"
#include "core/clock.h"
#include "core/latest_values.h"
#include "core/memory_plan.h"
#include "core/output.h"
#include "core/ring.h"
#include "core/worker.h"
#include "pipeline/profile.h"
#include "pipeline/window.h"

namespace fieldweir {

/// The pipeline's end of one bus.
struct BusSource {
  Ring<Reading>& ring;
  const BusAccount& account;
};

/// What the gateway says of itself. Asked on the pipeline thread only.
class OwnReadings {
 public:
  virtual ~OwnReadings() = default;
  /// When it next has some.
  virtual Time due() const = 0;
  /// To be read before the next call.
  virtual std::span<const Reading> take(Time now) = 0;
};

/// Signals first ... first + count - 1, each with its own chain.
struct FilteredSignals {
  SignalId first;
  std::size_t count;
  const Profile& profile;  // needed while constructing only
};

struct WindowPlan {
  SignalId of;
  Duration size;
  Duration grace;
  std::vector<Window::Result> results;
};

struct PipelinePlan {
  std::size_t signals;  // size of the SignalTable
  std::vector<FilteredSignals> filtered;
  std::vector<WindowPlan> windows;
};

class Pipeline final : public Worker {
 public:
  Pipeline(const PipelinePlan& plan, LatestValues& latest, Output& output);

  /// While building. Buses ring the pipeline, so it is there before them.
  void add_bus(const BusSource& bus);
  void add_own(OwnReadings& own) { own_ = &own; }
  /// For windows of readings that have their source's time.
  void add_clock(const Clock& clock) { clock_ = &clock; }

  static void add_to(MemoryPlan& memory, const PipelinePlan& plan);

  std::string_view name() const override { return "pipeline"; }

  /// Due again when a window closes, the gateway's own readings are, or the output wants it; else
  /// when a bus rings.
  Time turn(Time now) override;

  Duration rest() const override { return 10 * millisecond; }

  /// After the bus threads and this worker's have ended: takes what is left in the rings, closes
  /// all windows (those still open as uncertain) and flushes the output.
  void finish(Time now);

  const PipelineAccount& account() const { return account_; }
  /// Readings that filters of this kind held back.
  std::uint64_t filtered_by(const StageKind& kind) const;
  std::uint64_t late_for_windows() const;

 private:
  static constexpr std::size_t chunk = 256;
  static constexpr std::uint32_t none = UINT32_MAX;

  struct Bus {
    BusSource source;
    Time looked_at = never;  // when its losses were last looked at, and what they were then
    std::array<std::uint64_t, reason_count> lost = {};
  };
  struct ChainStep {
    std::unique_ptr<Stage> stage;
    Counter* held_back;
  };
  using Chain = std::vector<ChainStep>;
  struct Route {
    std::uint32_t chain = none;
    std::uint32_t window = none;  // the signal's first in `windows_`, where they stand together
  };
  struct SignalWindow {
    SignalWindow(const WindowPlan& plan)
        : of(plan.of), window(plan.size, plan.grace, plan.results) {}
    SignalId of;
    Window window;
  };

  void add_chains(const FilteredSignals& signals);
  void add_windows(std::vector<WindowPlan> plans);

  void report_losses(Bus& bus, Time now);
  bool take_from_buses(Time now);
  Time take_own(Time now);
  void take(std::span<const Reading> readings, Time now);
  std::span<const Reading> filter(Chain& chain, const Reading& reading, Time now);
  void feed_windows(std::uint32_t first, Reading reading);
  void make_room_in_windows(Time now);
  void close_windows(Time now);
  void add_results(std::size_t count, Time now);
  void pass(const Reading& reading, Time now);
  void hand_over(Time now);

  std::vector<Bus> buses_;
  OwnReadings* own_ = nullptr;
  const Clock* clock_ = nullptr;
  Duration clock_ahead_ = 0;   // of gateway time, where that is wrong and the clock is right
  std::size_t rounds_ = 1;     // of chunks that the largest ring holds
  std::vector<Route> routes_;  // by signal
  std::vector<Chain> chains_;
  std::deque<SignalWindow> windows_;  // by signal; a deque, because counters cannot be moved
  Time windows_due_ = INT64_MIN;
  LatestValues& latest_;
  Output& output_;
  PipelineAccount account_;
  std::vector<Counter> held_back_;  // by kind of stage

  // what a turn works with
  std::array<Reading, chunk> taken_;
  std::array<std::vector<Reading>, 2> filtering_;  // a stage reads one and writes the other
  std::vector<Reading> results_;                   // of one window
  std::array<Reading, chunk> passed_;              // on their way to the output
  std::size_t passed_count_ = 0;
};

}  // namespace fieldweir
