// Feed: what an uplink is sent next: batches of the log become messages in flight, and their
// confirmations move the cursors. Owned by the delivery worker, its thread only; fixed memory.
//
// It reads lane after lane (events before telemetry), keeps what `send` selects, encodes each batch
// once and moves a cursor from the front only. A batch of which nothing is selected is acknowledged
// without being sent and is nobody's `prev`; gap marks are always sent. Equal positions give equal
// bytes when sent again, across restarts too; but with `order: live_first` what was in flight at a
// restart may come again as `historical` and with another `prev`.
//
// order: live_first. A lane has one track, and two once its uplink is further behind than
// `far_behind` batches, or by a run: the rest goes as backlog, oldest first, and the second track
// goes on with what comes next. Both get their share while both wait. When the backlog has come to
// where the live track began, they are one again. Falling behind again makes another range of
// backlog, four at most; after that the newest outage is delivered oldest first too.
#pragma once

#include <array>
#include <string>

#include "core/memory_plan.h"
#include "uplink/formats/format.h"
#include "uplink/in_flight.h"
#include "uplink/parts.h"
#include "uplink/selection.h"
#include "uplink/uplinks.h"

namespace fieldweir {

class Feed {
 public:
  static constexpr std::uint64_t far_behind = 100;  // batches

  /// `rows`: the most readings of a batch.
  Feed(const UplinkSettings& settings, std::string gateway, std::size_t rows,
       std::size_t in_flight_limit, LogReader& log);
  static void add_to(MemoryPlan& memory, const UplinkSettings& settings, std::string_view gateway,
                     std::size_t rows);

  /// In flight, oldest first.
  std::span<const Message> window() const { return in_flight_.messages(); }

  /// Takes batches from the log while there is room and less than `most` is in flight; whether
  /// there may be more to take.
  Result<bool> fill(std::size_t most);

  /// The oldest message is safe.
  void confirm_front();

  /// The oldest message will never be taken: cuts it in halves, or puts the one reading that it is
  /// aside. What is in flight is made anew. True: something was put aside.
  bool refuse_front(std::string_view why);

  /// Ranges that are delivered later.
  std::size_t backlog_ranges() const;
  std::uint64_t dead_letters() const { return dead_letters_; }

 private:
  static constexpr int batches_per_turn = 64;

  /// Batches of a lane in their order.
  struct Track {
    Position read;               // last batch taken from the log
    Position sent;               // last batch that became a message: the next one's `prev`
    std::size_t ahead = 0;       // batches read and not acknowledged: the log bounds them
    LogReader::Outcome outcome;  // of the parts of a batch that are done with, before all are
    Position resume_at;          // the batch to go on with
    Part resume{1, 0};           // with this part of it; of none: with its first
  };
  struct LaneState {
    Track main;   // from the cursor on
    Track live;   // behind the last of `ahead`, if there is one
    Ahead ahead;  // as in the log
    int turn = 0;
  };
  LaneState& lane(Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
  Track& track_of(Lane lane, Position position);

  Result<bool> read_next();
  Result<bool> read(Lane lane, Track& track);
  bool is_behind(Lane lane) const;
  void go_live(Lane lane);
  void begin_batch(Lane lane, Track& track);
  bool encode();
  bool encode_part();
  void make_it_fit();
  void put_aside(std::string_view why);
  void skip();
  void acknowledge(Lane lane, Track& track, Cursor cursor, std::uint64_t not_selected);
  void follow(Lane lane);
  void rewind();

  const std::string gateway_;
  const Format& format_;
  LogReader& log_;
  const bool live_first_;
  const BacklogShare share_;
  Selection selection_;
  InFlight in_flight_;
  std::size_t most_ = 0;  // in flight, for now
  std::array<LaneState, lane_count> lanes_;

  DecodedBatch batch_;              // the one being read, sent or refused
  Parts parts_;                     // of it that are not yet in flight
  Track* from_ = nullptr;           // where it belongs
  bool historical_ = false;         // it is of the backlog
  bool waiting_ = false;            // it is read and selected, but had no room in flight
  std::uint64_t not_selected_ = 0;  // of its readings
  std::uint64_t dead_letters_ = 0;
};

}  // namespace fieldweir
