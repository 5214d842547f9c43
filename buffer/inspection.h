// inspection: looks into a journal from outside, beside a running gateway or without one, and
// changes nothing. Owned by a command; one thread. A batch at a time, so that a journal of any size
// fits.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "buffer/absent.h"
#include "buffer/journal_reader.h"

namespace fieldweir {

struct LaneContents {
  std::uint64_t batches = 0;
  std::uint64_t marks = 0;  // of them: without readings, in place of what was dropped
  std::uint64_t readings = 0;
  std::uint64_t bytes = 0;  // of the payloads
  Position oldest, newest;
  Time from = 0, to = 0;  // as the oldest and the newest batch with readings have it
};

struct DeadLetterCount {
  std::string uplink;
  std::string why;
  std::uint64_t letters = 0;
  std::uint64_t bytes = 0;
};

struct JournalContents {
  std::array<LaneContents, lane_count> lanes;
  std::vector<RunRow> runs;  // by epoch
  struct Uplink {
    std::string name;
    bool absent = false;
    UplinkBooks books;
  };
  std::vector<Uplink> uplinks;
  std::vector<DeadLetterCount> dead_letters;
};

struct DeadLetter {
  std::string uplink;
  std::string why;
};

class Inspection {
 public:
  explicit Inspection(const std::string& path) : journal_({.path = path}), reader_(journal_) {}

  /// Error `refused`: there is no journal at the path, `corrupt`: it is none of ours.
  Result<> open();

  Result<JournalContents> contents();

  /// The first batch of the lane behind `after` that can be read; false if there is none. Those
  /// that cannot are counted.
  Result<bool> next(Lane lane, Position after, DecodedBatch& out);
  std::uint64_t unreadable() const { return unreadable_; }

  /// The first dead letter behind the one numbered `after`, which moves on; false if there is none.
  /// A letter whose batch cannot be read has no readings.
  Result<bool> next_dead_letter(std::int64_t& after, DeadLetter& letter, DecodedBatch& out);

  /// Reads everything and compares it with the journal's own counts. Each thing that is wrong is
  /// said once, in a line. All is of one moment: meanwhile the write-ahead log grows. How many
  /// batches were read.
  Result<std::uint64_t> verify(const std::function<void(const std::string&)>& wrong);

 private:
  struct Tally;
  Result<> select_runs(JournalContents& contents);
  Result<> select_uplinks(JournalContents& contents);
  Result<LaneContents> select_lane(Lane lane);
  Result<> select_dead_letters(JournalContents& contents);
  Result<std::vector<std::byte>> state(const std::string& name);
  Result<> decode(RowId id, std::uint32_t rows, std::span<const std::byte> payload,
                  DecodedBatch& out);
  Result<> check_row(const Statement& row, Tally& tally);
  void compare(const JournalContents& contents, Tally& tally);

  Journal journal_;  // never opened: where it is
  JournalReader reader_;
  Database database_;
  Decoder decoder_{0};
  BatchHeader header_;
  std::uint64_t unreadable_ = 0;
};

}  // namespace fieldweir
