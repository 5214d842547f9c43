// memory_log: a small signal table with batches over it, and a log in memory, for tests of what
// reads the log. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "buffer/log_reader.h"
#include "core/signal_table.h"

namespace fieldweir {

class Signals {
 public:
  explicit Signals(std::initializer_list<std::string_view> names) : table_(names.size()) {
    for (const std::string_view name : names) table_.define({.name = name});
  }
  const SignalTable& table() const { return table_; }

  DecodedBatch batch(Position position, std::vector<Reading> readings = {},
                     Lane lane = Lane::telemetry) const {
    DecodedBatch batch(readings.size());
    batch.lane = lane;
    batch.position = batch.replaces_from = position;
    batch.readings = std::move(readings);
    batch.signals = &table_;
    return batch;
  }

 private:
  SignalTable table_;
};

class MemoryLog final : public LogReader {
 public:
  // --- for the test ---
  void add(DecodedBatch batch) {
    const std::scoped_lock lock(mutex_);
    batches_.push_back(std::move(batch));
  }
  void set_broken(bool broken) {
    const std::scoped_lock lock(mutex_);
    broken_ = broken;
  }
  Position acknowledged(Lane lane = Lane::telemetry) const { return cursor(lane).acknowledged; }
  Outcome total() const {
    const std::scoped_lock lock(mutex_);
    return total_;
  }
  /// seq and why
  std::vector<std::pair<std::uint64_t, std::string>> dead() const {
    const std::scoped_lock lock(mutex_);
    return dead_;
  }
  /// A cursor that went back, or forward over nothing.
  bool misused() const {
    const std::scoped_lock lock(mutex_);
    return misused_;
  }

  // --- LogReader ---
  Cursor cursor(Lane lane) const override {
    const std::scoped_lock lock(mutex_);
    return cursors_[static_cast<std::size_t>(lane)];
  }
  Ahead ahead(Lane lane) const override {
    const std::scoped_lock lock(mutex_);
    return ahead_[static_cast<std::size_t>(lane)];
  }
  Position last(Lane lane) const override {
    const std::scoped_lock lock(mutex_);
    Position newest;
    for (const DecodedBatch& batch : batches_)
      if (batch.lane == lane) newest = std::max(newest, batch.position);
    return newest;
  }
  Result<bool> next(Lane lane, Position after, DecodedBatch& out) override {
    const std::scoped_lock lock(mutex_);
    if (broken_) return error(Reason::disk, "the card is gone");
    const auto found = std::find_if(batches_.begin(), batches_.end(), [&](const DecodedBatch& b) {
      return b.lane == lane && b.position > after;
    });
    if (found == batches_.end()) return false;
    out = *found;
    return true;
  }
  void acknowledge(Lane lane, Cursor to, Outcome outcome) override {
    const std::scoped_lock lock(mutex_);
    Cursor& main = cursors_[static_cast<std::size_t>(lane)];
    Ahead& ahead = ahead_[static_cast<std::size_t>(lane)];
    const std::size_t range = ahead.index_of(to.acknowledged);
    Cursor& cursor = range == 0 ? main : ahead.cursor(range - 1);
    misused_ = misused_ || to.acknowledged <= cursor.acknowledged || to.sent < cursor.sent;
    cursor = to;
    for (; !ahead.empty() && ahead.front().after <= main.acknowledged; ahead.pop_front())
      main = ahead.front().cursor;
    total_.delivered += outcome.delivered;
    total_.not_selected += outcome.not_selected;
    total_.dead_lettered += outcome.dead_lettered;
  }
  void go_live(Lane lane, Position after) override {
    const std::scoped_lock lock(mutex_);
    ahead_[static_cast<std::size_t>(lane)].begin(after);
  }
  void dead_letter(const DecodedBatch& part, std::string_view why) override {
    const std::scoped_lock lock(mutex_);
    dead_.emplace_back(part.position.seq, std::string(why));
  }
  Usage usage() const override {
    const std::scoped_lock lock(mutex_);
    return usage_;
  }
  void use(Usage usage) override {
    const std::scoped_lock lock(mutex_);
    usage_ = usage;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<DecodedBatch> batches_;
  std::array<Cursor, lane_count> cursors_;
  std::array<Ahead, lane_count> ahead_;
  Usage usage_;
  Outcome total_;
  std::vector<std::pair<std::uint64_t, std::string>> dead_;
  bool broken_ = false;
  bool misused_ = false;
};

}  // namespace fieldweir
