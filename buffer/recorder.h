// Recorder: the worker that keeps the journal. It writes batches that not every uplink acknowledged
// in time, grouped into at most one commit per `commit.every`; lanes marked durable within 100 ms.
// Acknowledgements and deletions ride along; by themselves they are committed once a lane has
// drained, every 10 s while one drains, and else once an hour. So a healthy gateway writes nothing,
// whatever is kept for absent uplinks.
//
// Owned by the Log, on its own thread: a disk that stalls stalls nobody else. What fails is rolled
// back, told once, and tried again every 2 s; the batches stay in the tail meanwhile.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "buffer/absent.h"
#include "buffer/dating.h"
#include "buffer/dead_letters.h"
#include "buffer/expiry.h"
#include "buffer/journal.h"
#include "buffer/ledger.h"
#include "buffer/quota.h"
#include "buffer/settings.h"
#include "buffer/status.h"
#include "buffer/thinning.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/worker.h"

namespace fieldweir {

class Recorder final : public Worker {
 public:
  struct Parts {
    Journal& journal;
    Tail& tail;
    const Ledger& ledger;
    DeadLetters& dead_letters;
    Dating& dating;
    const SignalTable& signals;
    const Clock& clock;
    Thinning* thinning;  // nullptr: nothing is thinned
  };
  struct Pace {
    Duration persist_after;
    Duration commit_every;
    Tail::Lanes durable;
    Duration max_age;
    WhenFull when_full;
  };
  struct Run {
    RunRow id;
    bool stored;  // whether the journal knows it already
    Ages ages;
  };
  static constexpr Duration durable_after = 100 * millisecond;
  static constexpr Duration drain_every = 10 * second;
  static constexpr Duration housekeeping_every = hour;
  static constexpr Duration retry_every = 2 * second;

  /// The run begins now.
  Recorder(const Parts& parts, const Pace& pace, std::vector<std::string> uplinks,
           std::vector<AbsentUplink> absent, const Run& run);

  std::string_view name() const override { return "recorder"; }
  /// With durable_after well within the 200 ms that durable lanes are promised.
  Duration rest() const override { return durable_after / 2; }
  Time turn(Time now) override;
  /// A stalled disk is an alarm, not a reason to end the process.
  Duration longest_turn() const override { return never; }

  /// Writes everything and says that the run ended cleanly; if the disk has no room for everything,
  /// what an uplink is still owed. After the thread has gone.
  Result<> finish(Time now);

  /// Any thread.
  JournalStatus status() const;
  JournalTotals totals() const;
  std::vector<AbsentUplink> absent() const;

 private:
  /// none: no batches, only what makes room.
  enum class Extent { none, due, all };
  static constexpr std::size_t most_batches = 32;         // of a transaction
  static constexpr std::size_t most_when_full = 4;        // of one that must not grow the file
  static constexpr int most_thinnings = 8;                // of a transaction
  static constexpr std::uint64_t most_spare = 256 << 10;  // bytes

  Time next_due(Time now);
  bool on_disk(std::size_t lane) const { return newest_[lane] > cleared_[lane]; }
  bool drained() const;
  bool cursors_moved() const;
  Result<> make_way(Time now);
  Result<> write(Time now, Extent extent);
  Result<> write_all(Time now);
  Result<> open();
  Result<> reopen();
  std::size_t take(Time now, Extent extent);
  Result<> transact(Time now, std::span<Slot* const> slots, Extent extent);
  Result<> put_names(bool ended);
  Result<> put_absences();
  bool too_long_away(const AbsentUplink& uplink, Time now) const;
  void forget_given_up(Time now);
  Result<> remove_acknowledged();
  Result<> expire(Time now);
  Result<> thin(Time now);
  Result<std::uint64_t> free_some(std::uint64_t wanted, Time now);
  Result<> make_room_for(std::span<Slot* const> slots, Time now);
  Result<> put_states(Time now);
  Result<> put_dead_letters();
  Result<> mend(Time now);
  Result<> mark_missing();
  Result<> count_lost(std::span<const Position> through);
  void failed(const Error& why, Time now);
  void show(Time now, const Error& problem);
  Position acknowledged_by_all(Lane lane, std::span<const UplinkBooks> books) const;

  const Parts parts_;
  const Pace pace_;
  const std::vector<std::string> uplinks_;
  const RunRow run_;
  const Ages ages_;
  bool run_stored_;
  std::vector<AbsentUplink> absent_;
  Expiry expiry_;
  std::vector<std::size_t> names_stored_;   // per chunk: how many names it had
  std::vector<std::size_t> names_pending_;  // the same, once the transaction is committed
  std::vector<std::byte> chunks_;           // their hashes
  std::vector<std::byte> chunk_;            // scratch
  bool clock_stored_;                       // what is known of this run's clock

  std::vector<UplinkBooks> books_;
  std::uint64_t batched_ = 0;  // of the same moment as the books that are being written
  std::vector<UplinkBooks> stored_books_;
  std::array<Position, lane_count> newest_;  // committed, per lane
  // up to here only what is kept for absent uplinks is left, and once the transaction is committed
  std::array<Position, lane_count> cleared_;
  std::array<Position, lane_count> clearing_;
  std::array<Slot*, most_batches> slots_{};
  Drops drops_;
  int thinnings_ = 0;        // of the transaction
  std::size_t letters_ = 0;  // that the transaction takes
  bool more_ = false;        // the last transaction did not do all that was due
  bool full_ = false;        // the disk was when batches were last to be written
  std::uint64_t spare_ = 0;  // room that the last attempt turned out to need besides

  Time last_commit_;
  Time retry_at_ = 0;
  std::uint64_t commits_ = 0;
  Duration longest_commit_ = 0;
  LogLimit log_limit_;

  mutable std::mutex shown_mutex_;
  JournalStatus shown_;
  JournalTotals shown_totals_{};
  std::vector<AbsentUplink> shown_absent_;
};

}  // namespace fieldweir
