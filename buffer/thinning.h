// Thinning: before anything is dropped, old telemetry becomes coarser. When the journal is filled
// above `buffer.thin.above`, the oldest batches that nobody has seen are replaced by fewer, in
// which one reading stands for all of its signal in `every`; when all are, by such of ten times
// `every`, and so on up to an hour. Owned by the Log, used by the recorder, within its transaction;
// fixed memory. Each call takes `most_sources` batches at most.
//
// A range of batches becomes one under the number of its last, or more where one would be too
// large, each under the last number of its share. Only readings of one run come together, and only
// of batches whose clocks were right or wrong alike. What would not become half as many rows stays.
#pragma once

#include "buffer/dropping.h"
#include "buffer/groups.h"
#include "buffer/settings.h"

namespace fieldweir {

class Thinning {
 public:
  /// `rows`: the most readings of a batch. `signals`: of this run.
  Thinning(const ThinSettings& settings, std::size_t rows, std::size_t signals);
  static std::size_t bytes_for(std::size_t rows, std::size_t signals);

  bool wanted(const Journal& journal) const {
    return static_cast<double>(journal.database_bytes()) >
           above_ * static_cast<double>(journal.capacity());
  }

  /// Within the open transaction: how many bytes it freed; 0: nothing more can be thinned now.
  Result<std::uint64_t> thin(Journal& journal, Tail& tail, const Owed& owed, Time now,
                             Drops& drops);

  static constexpr std::size_t most_sources = 1'000;  // of a call
  static constexpr std::size_t most_looks = 4'000;    // rows that a call looks at
  /// So many intervals at least come together, or their parts would be too many.
  static constexpr int worth_it = 8;

 private:
  struct Level {
    Duration interval;
    RowId done = 0;      // up to here nothing is left to do
    Time next_look = 0;  // when there may be enough again
  };
  struct Source {
    RowId id;
    std::size_t bytes;
    Position from;  // that it stands for
    Position position;
  };

  Result<std::uint64_t> thin(Journal& journal, Tail& tail, Level& level, const Stretch& stretch,
                             RowId end, const Owed& owed, Time now, Drops& drops);
  Result<bool> take(Journal& journal, Level& level, RowId after, RowId end);
  bool accepts(const Level& level, const BatchHeader& header) const;
  bool add(const BatchHeader& header, std::span<const std::byte> payload);
  std::size_t batches() const;
  bool is_gain() const;
  Result<std::uint64_t> replace(Journal& journal, Duration interval);
  std::size_t encode(std::size_t i, std::size_t of, Duration interval);

  const std::size_t rows_;
  const double above_;
  std::vector<Level> levels_;
  std::size_t looks_ = 0;
  Decoder decoder_;
  Encoder encoder_;
  std::size_t signals_;  // that the encoder knows
  BatchRows batch_;
  std::vector<std::byte> bytes_;

  // what comes together
  std::vector<Source> sources_;
  Groups groups_;
  BatchHeader head_;  // lane, clock and gaps of all
  Time from_ = 0;     // least and greatest time of all
  Time to_ = 0;
  std::uint64_t rows_in_ = 0;
};

}  // namespace fieldweir
