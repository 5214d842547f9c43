// Tail: the newest batches in RAM, and where every uplink stands. Owned by the Log, used by the
// pipeline thread (take, publish), each uplink's (find, release, acknowledge) and the recorder.
// One lock, held only to take or return a slot or to move a cursor; bytes are written and read
// outside of it. All slots are allocated at construction.
//
// A slot is free again when its batch is committed, or acknowledged by every uplink (and, in lanes
// that always go to disk, only for want of room), and nobody refers to it. Full: two neighbours
// that no uplink has seen, the oldest of the lowest lane, become one gap mark; if there are none,
// take() gives nothing and the batcher drops the newest.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "buffer/codec.h"
#include "buffer/ledger.h"
#include "buffer/log_reader.h"
#include "core/signal_table.h"

namespace fieldweir {

/// A closed batch. Immutable while anybody refers to it, `written` and `references` apart, which
/// belong to the tail.
struct Slot {
  BatchHeader header;
  Position previous;  // of the batch before it in the lane
  Time closed = 0;
  std::span<std::byte> room;
  std::size_t size = 0;

  bool written = false;  // committed, or about to be
  int references = 0;

  std::span<const std::byte> bytes() const { return room.first(size); }
};

/// What an uplink has done, at one moment.
struct UplinkBooks {
  std::array<LogReader::Cursor, lane_count> cursors;
  std::array<Ahead, lane_count> ahead;
  UplinkTotals totals;
  Usage usage;

  /// Whether the uplink is done with a batch.
  bool done(std::size_t lane, Position position) const {
    return position <= cursors[lane].acknowledged || ahead[lane].has(position);
  }
  /// The cursor of the range that `position` lies in.
  LogReader::Cursor& cursor_at(std::size_t lane, Position position) {
    const std::size_t n = ahead[lane].index_of(position);
    return n == 0 ? cursors[lane] : ahead[lane].cursor(n - 1);
  }
};

class Tail {
 public:
  using Lanes = std::array<bool, lane_count>;

  /// `always`: the lanes whose batches go to disk even if every uplink was quick.
  Tail(std::size_t slots, std::size_t rows, std::size_t uplinks, Lanes always,
       const SignalTable& signals);
  static std::size_t bytes_for(std::size_t slots, std::size_t rows);

  /// While building: what the journal knows.
  void resume(Lane lane, Position last) { last_[index(lane)] = last; }
  void resume(std::size_t uplink, const UplinkBooks& books) { uplinks_[uplink].books = books; }

  // --- pipeline thread
  /// An empty slot to encode into, or nullptr. Give it back with publish().
  Slot* take(Lane lane);
  /// `slot.header` and `size` are complete; numbers follow the order of publishing.
  void publish(Slot& slot, Time now);
  /// There was no slot for a batch of so many readings: they are dropped.
  void refused(std::uint64_t readings);

  // --- uplinks
  struct Found {
    const Slot* slot = nullptr;  // the first batch after `after` that is in the tail, referred to
    bool newer = false;          // a batch after `after` may be read, here or in the journal
    bool adjoins = false;        // nothing lies between `after` and `slot`
  };
  Found find(std::size_t uplink, Lane lane, Position after);
  /// `seen`: the uplink has read it, so it stays as it is until acknowledged.
  void release(std::size_t uplink, const Slot& slot, bool seen);
  LogReader::Cursor cursor_at(std::size_t uplink, Lane lane, Position position) const;
  void go_live(std::size_t uplink, Lane lane, Position after);
  void use(std::size_t uplink, Usage usage);
  void acknowledge(std::size_t uplink, Lane lane, LogReader::Cursor cursor,
                   LogReader::Outcome outcome);
  /// Of the batches behind `after`, `readings` were dropped before the uplink could have them.
  void dropped(std::size_t uplink, Reason reason, std::uint64_t readings);
  void dropped(std::size_t uplink, const ByReason& readings);

  // --- recorder
  /// When the oldest batch must be written: `never`, or a time. Durable lanes have their own delay.
  Time due(Lane lane, Duration delay) const;
  /// Fills `out` with references to batches closed by `before` that must be written, oldest first.
  std::size_t take_due(Lane lane, Time before, std::span<Slot*> out);
  /// They are committed (or not: then they are due again).
  void give_back(std::span<Slot* const> slots, bool committed);
  /// While stopping: frees the batches that only their lane wants on disk, every uplink having
  /// them. Whether there were any.
  bool let_go();
  /// The journal lost batches: what is here is not committed any more. The last positions that are
  /// not here.
  std::array<Position, lane_count> write_again();
  /// The last position behind which the uplink looked for a batch, in the range that begins at or
  /// before `behind`.
  Position asked(std::size_t uplink, Lane lane, Position behind) const;
  /// One gap mark is going to stand for all batches behind `after`, up to `last`. False if an
  /// uplink that still owes them may have seen one; true: until replaced(), nobody reads there.
  bool may_replace(Lane lane, Position after, Position last);
  /// The marks are committed, or will not be.
  void replaced();
  /// Forgets copies of committed batches up to `through`; how far it came without meeting a reader.
  Position forget(Lane lane, Position through);

  /// Everything of one moment; what batched() was then. `books` has one element per uplink;
  /// `queued` there counts only what is committed or about to be, the rest is dropped(unclean stop)
  /// if this is the last word.
  std::uint64_t snapshot(std::span<UplinkBooks> books) const;

  // --- any thread
  UplinkBooks books(std::size_t uplink) const;
  Position last(Lane lane) const;
  std::size_t used() const;
  std::size_t size() const { return slots_.size(); }
  std::uint64_t at_risk() const;
  /// Readings that came in batches during this run, also those that found no room.
  std::uint64_t batched() const;

 private:
  struct Uplink {
    UplinkBooks books;
    std::array<Position, lane_count> seen;  // in the tail
    // for what stands behind, wherever it was: with the cursor, and in each range ahead of it
    std::array<std::array<Position, 1 + Ahead::most>, lane_count> asked;
  };
  struct Replacing {
    Position after;
    Position last;  // equal to `after`: nothing is being replaced
  };
  static std::size_t index(Lane lane) { return static_cast<std::size_t>(lane); }

  static void join(Uplink& uplink, Lane lane);
  bool acknowledged(const Slot& slot) const;
  bool must_write(const Slot& slot) const;
  std::vector<Slot*>::const_iterator first_after(Lane lane, Position after) const;
  template <class Condition>
  void free_one(Lane lane, Condition condition);
  void merge_oldest(Lane lane);
  bool may_merge(const Slot& older, const Slot& newer) const;
  void merge(Slot& into, const Slot& older);
  void count_dropped(const Slot& slot);

  mutable std::mutex mutex_;
  const std::unique_ptr<std::byte[]> memory_;
  std::vector<Slot> slots_;
  std::vector<Slot*> free_;
  std::array<std::vector<Slot*>, lane_count> order_;  // by position
  std::array<Position, lane_count> last_;
  std::array<Replacing, lane_count> replacing_;
  std::vector<Uplink> uplinks_;
  std::uint64_t batched_ = 0;
  const Lanes always_;
  const SignalTable& signals_;  // names what is dropped
};

}  // namespace fieldweir
