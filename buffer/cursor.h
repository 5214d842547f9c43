// cursor: how far an uplink has acknowledged a lane, and what it took ahead of that. Value types.
//
// With `order: live_first` an uplink that is far behind leaves what it is owed for later and goes
// on with what comes next. From then on its lane has ranges ahead of the cursor: everything in them
// is done with. The last one grows, it is where the live cursor stands; what lies between the
// cursor and the ranges is the backlog, in as many ranges as there are here. When the cursor
// reaches a range, it jumps to its end.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "buffer/position.h"

namespace fieldweir {

struct Cursor {
  Position acknowledged;  // everything up to here is done with
  Position sent;          // the last one of those that was really sent: the next one's `prev`
};

/// Done with: what lies behind `after`, up to and with `cursor.acknowledged`.
struct AheadRange {
  Position after;
  Cursor cursor;  // sent: within the range
};

class Ahead {
 public:
  static constexpr std::size_t most = 4;

  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == most; }
  std::size_t size() const { return size_; }
  std::span<const AheadRange> ranges() const { return std::span(ranges_).first(size_); }
  const AheadRange& front() const { return ranges_.front(); }
  const AheadRange& live() const { return ranges_[size_ - 1]; }

  /// A new one, behind all others, in which nothing is done with yet.
  void begin(Position after) { push({after, {.acknowledged = after, .sent = {}}}); }
  void push(const AheadRange& range) { ranges_[size_++] = range; }
  void pop_front() {
    std::copy(ranges_.begin() + 1, ranges_.end(), ranges_.begin());
    --size_;
  }

  /// How many of them begin before `position`. So many: 0 is the cursor's own part of the lane.
  std::size_t index_of(Position position) const {
    std::size_t n = 0;
    while (n < size_ && ranges_[n].after < position) ++n;
    return n;
  }
  /// The same for a reader that asks for what comes behind `position`.
  std::size_t index_behind(Position position) const {
    std::size_t n = 0;
    while (n < size_ && ranges_[n].after <= position) ++n;
    return n;
  }
  bool has(Position position) const {
    const std::size_t n = index_of(position);
    return n > 0 && position <= ranges_[n - 1].cursor.acknowledged;
  }
  Cursor& cursor(std::size_t range) { return ranges_[range].cursor; }

 private:
  std::array<AheadRange, most> ranges_{};
  std::size_t size_ = 0;
};

}  // namespace fieldweir
