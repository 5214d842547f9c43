#include "buffer/tail.h"

#include <algorithm>

#include "core/check.h"

namespace fieldweir {

// not written to before use: the same few slots serve a healthy gateway, the rest stays untouched
Tail::Tail(std::size_t slots, std::size_t rows, std::size_t uplinks, Lanes always,
           const SignalTable& signals)
    : memory_(new std::byte[slots * encoded_max(rows)]),
      slots_(slots),
      uplinks_(uplinks),
      always_(always),
      signals_(signals) {
  free_.reserve(slots);
  for (auto& lane : order_) lane.reserve(slots);
  for (std::size_t i = slots; i-- > 0;) {
    slots_[i].room = std::span(memory_.get() + i * encoded_max(rows), encoded_max(rows));
    free_.push_back(&slots_[i]);
  }
}

std::size_t Tail::bytes_for(std::size_t slots, std::size_t rows) {
  return slots * (sizeof(Slot) + encoded_max(rows) + (1 + lane_count) * sizeof(Slot*));
}

// --- pipeline thread

Slot* Tail::take(Lane lane) {
  const std::scoped_lock lock(mutex_);
  const auto committed = [](const Slot& slot) { return slot.written; };
  const auto done = [this](const Slot& slot) { return acknowledged(slot); };
  for (int i = lane_count - 1; free_.empty() && i >= 0; --i)
    free_one(static_cast<Lane>(i), committed);
  for (int i = lane_count - 1; free_.empty() && i >= 0; --i) free_one(static_cast<Lane>(i), done);
  for (int i = lane_count - 1; free_.empty() && i >= static_cast<int>(lane); --i)
    merge_oldest(static_cast<Lane>(i));
  if (free_.empty()) return nullptr;
  Slot* slot = free_.back();
  free_.pop_back();
  return slot;
}

void Tail::publish(Slot& slot, Time now) {
  const std::scoped_lock lock(mutex_);
  const std::size_t lane = index(slot.header.lane);
  FIELDWEIR_CHECK(slot.header.position > last_[lane]);
  slot.previous = last_[lane];
  slot.closed = now;
  slot.written = false;
  last_[lane] = slot.header.position;
  order_[lane].push_back(&slot);
  batched_ += slot.header.rows;
  for (Uplink& uplink : uplinks_) {
    uplink.books.totals.batched += slot.header.rows;
    uplink.books.totals.queued += slot.header.rows;
  }
}

void Tail::refused(std::uint64_t readings) {
  const std::scoped_lock lock(mutex_);
  batched_ += readings;
  for (Uplink& uplink : uplinks_) {
    uplink.books.totals.batched += readings;
    uplink.books.totals.dropped[static_cast<std::size_t>(Reason::tail_full)] += readings;
  }
}

template <class Condition>
void Tail::free_one(Lane lane, Condition condition) {
  auto& order = order_[index(lane)];
  const auto oldest = std::find_if(order.begin(), order.end(), [&](const Slot* slot) {
    return slot->references == 0 && condition(*slot);
  });
  if (oldest == order.end()) return;
  free_.push_back(*oldest);
  order.erase(oldest);
}

void Tail::merge_oldest(Lane lane) {
  std::vector<Slot*>& order = order_[index(lane)];
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    Slot& older = *order[i];
    if (!may_merge(older, *order[i + 1])) continue;
    merge(*order[i + 1], older);
    free_.push_back(&older);
    order.erase(order.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

// Neighbours, neither on its way to the disk nor being read; and to each uplink both are old or
// both are new: what stands under a position does not change once somebody has seen it.
bool Tail::may_merge(const Slot& older, const Slot& newer) const {
  if (newer.previous != older.header.position) return false;
  for (const Slot* slot : {&older, &newer})
    if (slot->written || slot->references > 0) return false;
  const std::size_t lane = index(newer.header.lane);
  return std::all_of(uplinks_.begin(), uplinks_.end(), [&](const Uplink& uplink) {
    const bool done = uplink.books.done(lane, newer.header.position);
    if (done != uplink.books.done(lane, older.header.position)) return false;
    return done || uplink.seen[lane] < older.header.replaces_from;
  });
}

void Tail::merge(Slot& into, const Slot& older) {
  BatchHeader& header = into.header;
  for (const Slot* slot : {&older, static_cast<const Slot*>(&into)}) {
    if (slot->header.rows == 0) continue;
    count_dropped(*slot);
    Gap gap{slot->header.from, slot->header.to, slot->header.rows, Reason::tail_full};
    const bool named =
        each_signal(slot->bytes(), [&](SignalId id) { gap.signals.add(signals_[id].name); });
    if (!named) gap.signals = {};
    header.gaps.add(gap);
  }
  header.gaps.add(older.header.gaps);
  header.replaces_from = older.header.replaces_from;
  header.rows = 0;
  into.previous = older.previous;
  into.size = encode_gaps(header, into.room);
}

void Tail::count_dropped(const Slot& slot) {
  for (std::size_t i = 0; i < uplinks_.size(); ++i) {
    UplinkBooks& books = uplinks_[i].books;
    if (books.done(index(slot.header.lane), slot.header.position)) continue;
    books.totals.drop(Reason::tail_full, slot.header.rows);
  }
}

bool Tail::acknowledged(const Slot& slot) const {
  const std::size_t lane = index(slot.header.lane);
  return std::all_of(uplinks_.begin(), uplinks_.end(), [&](const Uplink& uplink) {
    return uplink.books.done(lane, slot.header.position);
  });
}

bool Tail::must_write(const Slot& slot) const {
  return !slot.written && (always_[index(slot.header.lane)] || !acknowledged(slot));
}

// --- uplinks

std::vector<Slot*>::const_iterator Tail::first_after(Lane lane, Position after) const {
  const auto& order = order_[index(lane)];
  return std::upper_bound(order.begin(), order.end(), after,
                          [](Position p, const Slot* slot) { return p < slot->header.position; });
}

Tail::Found Tail::find(std::size_t uplink, Lane lane, Position after) {
  const std::scoped_lock lock(mutex_);
  Found found;
  const Replacing& replacing = replacing_[index(lane)];
  if (after >= replacing.after && after < replacing.last) return found;
  Uplink& own = uplinks_[uplink];
  const std::size_t range = own.books.ahead[index(lane)].index_behind(after);
  Position& asked = own.asked[index(lane)][range];
  asked = std::max(asked, after);
  found.newer = last_[index(lane)] > after;
  const auto at = first_after(lane, after);
  if (at == order_[index(lane)].end()) return found;
  ++(*at)->references;
  found.slot = *at;
  found.adjoins = (*at)->previous <= after;
  return found;
}

void Tail::release(std::size_t uplink, const Slot& slot, bool seen) {
  const std::scoped_lock lock(mutex_);
  Slot& own = slots_[static_cast<std::size_t>(&slot - slots_.data())];
  --own.references;
  Position& last_seen = uplinks_[uplink].seen[index(slot.header.lane)];
  if (seen) last_seen = std::max(last_seen, slot.header.position);
}

LogReader::Cursor Tail::cursor_at(std::size_t uplink, Lane lane, Position position) const {
  const std::scoped_lock lock(mutex_);
  UplinkBooks books = uplinks_[uplink].books;
  return books.cursor_at(index(lane), position);
}

void Tail::go_live(std::size_t uplink, Lane lane, Position after) {
  const std::scoped_lock lock(mutex_);
  Uplink& own = uplinks_[uplink];
  Ahead& ahead = own.books.ahead[index(lane)];
  FIELDWEIR_CHECK(!ahead.full());
  ahead.begin(after);
  own.asked[index(lane)][ahead.size()] = after;
}

void Tail::use(std::size_t uplink, Usage usage) {
  const std::scoped_lock lock(mutex_);
  uplinks_[uplink].books.usage = usage;
}

void Tail::acknowledge(std::size_t uplink, Lane lane, LogReader::Cursor cursor,
                       LogReader::Outcome outcome) {
  const std::scoped_lock lock(mutex_);
  UplinkBooks& books = uplinks_[uplink].books;
  LogReader::Cursor& own = books.cursor_at(index(lane), cursor.acknowledged);
  if (cursor.acknowledged <= own.acknowledged) return;
  own = cursor;
  join(uplinks_[uplink], lane);
  books.totals.delivered += outcome.delivered;
  books.totals.not_selected += outcome.not_selected;
  books.totals.dead_lettered += outcome.dead_lettered;
  books.totals.settle(outcome.delivered + outcome.not_selected + outcome.dead_lettered);
  std::erase_if(order_[index(lane)], [&](Slot* slot) {
    if (slot->references > 0 || !acknowledged(*slot) || must_write(*slot)) return false;
    free_.push_back(slot);
    return true;
  });
}

/// The cursor jumps over the ranges that it has reached.
void Tail::join(Uplink& uplink, Lane lane) {
  LogReader::Cursor& cursor = uplink.books.cursors[index(lane)];
  Ahead& ahead = uplink.books.ahead[index(lane)];
  auto& asked = uplink.asked[index(lane)];
  while (!ahead.empty() && ahead.front().after <= cursor.acknowledged) {
    cursor = ahead.front().cursor;
    ahead.pop_front();
    std::shift_left(asked.begin(), asked.end(), 1);
  }
}

void Tail::dropped(std::size_t uplink, Reason reason, std::uint64_t readings) {
  const std::scoped_lock lock(mutex_);
  uplinks_[uplink].books.totals.drop(reason, readings);
}

void Tail::dropped(std::size_t uplink, const ByReason& readings) {
  const std::scoped_lock lock(mutex_);
  uplinks_[uplink].books.totals.drop(readings);
}

// --- any thread

UplinkBooks Tail::books(std::size_t uplink) const {
  const std::scoped_lock lock(mutex_);
  return uplinks_[uplink].books;
}

Position Tail::last(Lane lane) const {
  const std::scoped_lock lock(mutex_);
  return last_[index(lane)];
}

std::size_t Tail::used() const {
  const std::scoped_lock lock(mutex_);
  return slots_.size() - free_.size();
}

std::uint64_t Tail::at_risk() const {
  const std::scoped_lock lock(mutex_);
  std::uint64_t readings = 0;
  for (const auto& lane : order_)
    for (const Slot* slot : lane)
      if (!slot->written && !acknowledged(*slot)) readings += slot->header.rows;
  return readings;
}

std::uint64_t Tail::batched() const {
  const std::scoped_lock lock(mutex_);
  return batched_;
}

}  // namespace fieldweir
