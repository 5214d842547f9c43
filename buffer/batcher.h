// Batcher: the pipeline's Output. Sorts readings into lanes, closes batches by time, rows and
// bytes, numbers and encodes them into the tail. Owned by the Log, pipeline thread only; allocates
// nothing.
//
// A tail without room costs the batch that was about to be closed: its readings become a gap in the
// lane's next one, and its number is not used.
#pragma once

#include <array>
#include <vector>

#include "buffer/settings.h"
#include "buffer/tail.h"
#include "core/output.h"
#include "core/text_table.h"
#include "core/worker.h"

namespace fieldweir {

class Batcher final : public Output {
 public:
  struct Run {
    std::uint32_t stream;
    std::uint32_t epoch;
    bool true_clock;  // from the beginning: else batches are marked, and dated when they are read
  };

  Batcher(const BatchSettings& settings, Run run, const SignalTable& signals,
          const TextTable& texts, Tail& tail);
  static std::size_t bytes_for(const BatchSettings& settings, std::size_t signals);

  /// While building: rung when a batch was closed.
  void ring_when_closed(Doorbell& doorbell) { doorbells_.push_back(&doorbell); }

  void add(std::span<const Reading> readings, Time now) override;
  void lost(Reason reason, Time from, Time to, std::uint64_t readings) override;
  Time tick(Time now) override;
  void flush(Time now) override;

 private:
  struct Open {  // the batch that a lane is filling
    std::uint64_t seq = 0;
    Time opened = 0;
    std::size_t bytes = 0;  // as json
    std::vector<Reading> readings;
    std::vector<BatchText> texts;
    std::vector<std::uint32_t> text_ids;  // in the TextTable
    GapList gaps;
    bool empty() const { return readings.empty() && gaps.empty(); }
  };

  void add(Lane lane, Reading reading, Time now);
  void close(Lane lane, Time now);
  std::size_t json_bytes(const Reading& reading) const;

  const BatchSettings settings_;
  const Run run_;
  const SignalTable& signals_;
  const TextTable& texts_;
  Tail& tail_;
  Encoder encoder_;
  std::array<Open, lane_count> open_;
  std::vector<Doorbell*> doorbells_;
};

}  // namespace fieldweir
