// What the recorder asks of the tail.

#include <algorithm>

#include "buffer/tail.h"

namespace fieldweir {

Time Tail::due(Lane lane, Duration delay) const {
  const std::scoped_lock lock(mutex_);
  for (const Slot* slot : order_[index(lane)])
    if (must_write(*slot)) return slot->closed + delay;
  return never;
}

std::size_t Tail::take_due(Lane lane, Time before, std::span<Slot*> out) {
  const std::scoped_lock lock(mutex_);
  std::size_t n = 0;
  for (Slot* slot : order_[index(lane)]) {
    if (n == out.size() || slot->closed > before) break;
    if (!must_write(*slot)) continue;
    slot->written = true;
    ++slot->references;
    out[n++] = slot;
  }
  return n;
}

void Tail::give_back(std::span<Slot* const> slots, bool committed) {
  const std::scoped_lock lock(mutex_);
  for (Slot* slot : slots) {
    slot->written = committed;
    --slot->references;
  }
}

bool Tail::let_go() {
  const std::scoped_lock lock(mutex_);
  const std::size_t before = free_.size();
  for (auto& order : order_)
    std::erase_if(order, [&](Slot* slot) {
      if (slot->references > 0 || slot->written || !acknowledged(*slot)) return false;
      free_.push_back(slot);
      return true;
    });
  return free_.size() > before;
}

std::array<Position, lane_count> Tail::write_again() {
  const std::scoped_lock lock(mutex_);
  std::array<Position, lane_count> below = last_;
  for (std::size_t lane = 0; lane < lane_count; ++lane) {
    for (Slot* slot : order_[lane]) slot->written = false;
    if (!order_[lane].empty()) below[lane] = order_[lane].front()->previous;
  }
  return below;
}

Position Tail::asked(std::size_t uplink, Lane lane, Position behind) const {
  const std::scoped_lock lock(mutex_);
  const Uplink& own = uplinks_[uplink];
  return own.asked[index(lane)][own.books.ahead[index(lane)].index_behind(behind)];
}

bool Tail::may_replace(Lane lane, Position after, Position last) {
  const std::scoped_lock lock(mutex_);
  const std::size_t i = index(lane);
  for (const Uplink& uplink : uplinks_) {
    const auto conflicts = [&](Position cursor, Position asked) {
      return cursor < last && std::max(asked, cursor) >= after;
    };
    if (conflicts(uplink.books.cursors[i].acknowledged, uplink.asked[i][0])) return false;
    const auto ranges = uplink.books.ahead[i].ranges();
    for (std::size_t r = 0; r < ranges.size(); ++r)
      if (conflicts(ranges[r].cursor.acknowledged, uplink.asked[i][r + 1])) return false;
  }
  Replacing& replacing = replacing_[i];
  const bool first = replacing.after == replacing.last;
  replacing.after = first ? after : std::min(replacing.after, after);
  replacing.last = std::max(replacing.last, last);
  return true;
}

void Tail::replaced() {
  const std::scoped_lock lock(mutex_);
  replacing_ = {};
}

Position Tail::forget(Lane lane, Position through) {
  const std::scoped_lock lock(mutex_);
  std::vector<Slot*>& order = order_[index(lane)];
  while (!order.empty() && order.front()->header.position <= through) {
    Slot& oldest = *order.front();
    if (!oldest.written || oldest.references > 0) return oldest.previous;
    free_.push_back(&oldest);
    order.erase(order.begin());
  }
  return through;
}

std::uint64_t Tail::snapshot(std::span<UplinkBooks> books) const {
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < uplinks_.size(); ++i) {
    books[i] = uplinks_[i].books;
    UplinkTotals& totals = books[i].totals;
    for (std::size_t lane = 0; lane < lane_count; ++lane)
      for (const Slot* slot : order_[lane]) {
        if (slot->written || books[i].done(lane, slot->header.position)) continue;
        totals.drop(Reason::unclean_stop, slot->header.rows);
      }
  }
  return batched_;
}

}  // namespace fieldweir
