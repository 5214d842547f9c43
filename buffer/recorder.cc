#include "buffer/recorder.h"

#include <algorithm>
#include <cinttypes>
#include <utility>

namespace fieldweir {

Recorder::Recorder(const Parts& parts, const Pace& pace, std::vector<std::string> uplinks,
                   std::vector<AbsentUplink> absent, const Run& run)
    : parts_(parts),
      pace_(pace),
      uplinks_(std::move(uplinks)),
      run_(run.id),
      ages_(run.ages),
      run_stored_(run.stored),
      absent_(std::move(absent)),
      expiry_(pace.max_age, run.ages, run.id.epoch),
      names_stored_((parts.signals.size() + names_chunk - 1) / names_chunk, SIZE_MAX),
      names_pending_(names_stored_),
      chunks_(names_stored_.size() * sizeof(std::int64_t)),
      clock_stored_(!parts.dating.matters()),
      books_(uplinks_.size()),
      stored_books_(uplinks_.size()),
      drops_(uplinks_.size() + absent_.size()),
      last_commit_(run.ages.started) {
  for (std::size_t i = 0; i < uplinks_.size(); ++i) stored_books_[i] = parts_.tail.books(i);
  for (int i = 0; i < lane_count; ++i)
    newest_[static_cast<std::size_t>(i)] = parts_.tail.last(static_cast<Lane>(i));
  show(last_commit_, {});
}

// --- when

Time Recorder::turn(Time now) {
  if (parts_.dating.date(parts_.clock)) clock_stored_ = false;
  if (now < retry_at_) return retry_at_;
  if (parts_.journal.suspected()) {
    failed(error(Reason::corrupt, "an uplink met a damaged page"), now);
    return retry_at_;
  }
  if (const Time due = next_due(now); due > now) return due;
  if (const Result<> made = make_way(now); !made) {
    failed(made.error(), now);
    return retry_at_;
  }
  if (const Result<> written = write(now, Extent::due); !written) {
    failed(written.error(), now);
    return retry_at_;
  }
  return next_due(now);
}

/// On a full disk what was delivered goes first, so that batches find room where it was.
Result<> Recorder::make_way(Time now) {
  if (full_ && parts_.journal.ballast().fits()) full_ = false;
  if (!full_ || !cursors_moved()) return {};
  parts_.journal.make_way();
  return write(now, Extent::none);
}

Time Recorder::next_due(Time now) {
  if (more_ || !run_stored_ || parts_.dead_letters.waiting() > 0) return now;
  if (!clock_stored_ && !parts_.dating.waits()) return now;
  Time due = parts_.dating.waits() ? now + second : never;  // nobody rings when the clock is set
  for (int i = 0; i < lane_count; ++i) {
    const auto lane = static_cast<Lane>(i);
    const bool durable = pace_.durable[static_cast<std::size_t>(i)];
    const Time lane_due = parts_.tail.due(lane, durable ? durable_after : pace_.persist_after);
    due = std::min(due, durable || lane_due == never
                            ? lane_due
                            : std::max(lane_due, last_commit_ + pace_.commit_every));
  }
  for (std::size_t i = 0; i < books_.size(); ++i) books_[i] = parts_.tail.books(i);
  due = std::min(due, last_commit_ + housekeeping_every);
  if (on_disk(0) || on_disk(1)) {
    if (drained()) due = std::min(due, last_commit_ + std::max(pace_.commit_every, second));
    if (cursors_moved()) due = std::min(due, last_commit_ + drain_every);
    return std::min(due, now + second);  // nobody rings when an uplink catches up
  }
  return due;
}

bool Recorder::drained() const {
  for (std::size_t i = 0; i < lane_count; ++i)
    if (on_disk(i) && acknowledged_by_all(static_cast<Lane>(i), books_) >= newest_[i]) return true;
  return false;
}

bool Recorder::cursors_moved() const {
  for (std::size_t i = 0; i < books_.size(); ++i)
    for (std::size_t lane = 0; lane < lane_count; ++lane)
      if (books_[i].cursors[lane].acknowledged != stored_books_[i].cursors[lane].acknowledged)
        return true;
  return false;
}

Position Recorder::acknowledged_by_all(Lane lane, std::span<const UplinkBooks> books) const {
  Position least = parts_.tail.last(lane);
  for (const UplinkBooks& book : books)
    least = std::min(least, book.cursors[static_cast<std::size_t>(lane)].acknowledged);
  return least;
}

// --- writing

Result<> Recorder::finish(Time now) {
  if (parts_.journal.mending())
    if (auto r = mend(now); !r) return r;
  const Result<> written = write_all(now);
  // what nobody waits for must not keep from the disk what somebody does, nor the run's clean end
  if (written || !parts_.tail.let_go()) return written;
  failed(written.error(), now);
  parts_.journal.make_way();
  return write_all(now);
}

Result<> Recorder::write_all(Time now) {
  bool mended = false;  // a page may be damaged that only the last transaction meets
  for (std::size_t i = 0; i <= parts_.tail.size() + 1; ++i) {
    const auto written = write(now, Extent::all);
    if (!written && (written.error().reason != Reason::corrupt || std::exchange(mended, true)))
      return written;
    if (!written) failed(written.error(), now);
    if (written && !more_) return {};
  }
  return {};
}

Result<> Recorder::write(Time now, Extent extent) {
  if (auto r = open(); !r) return r;
  const std::size_t n = take(now, extent);
  const std::span<Slot* const> slots = std::span(slots_).first(n);
  batched_ = parts_.tail.snapshot(books_);
  std::fill(drops_.begin(), drops_.end(), ByReason{});

  const Time start = parts_.clock.now();
  const Result<> done = transact(now, slots, extent);
  if (!done) parts_.journal.roll_back();
  parts_.tail.replaced();
  if (!done) {
    parts_.tail.give_back(slots, false);
    return done;
  }
  longest_commit_ = std::max(longest_commit_, parts_.clock.now() - start);
  parts_.tail.give_back(slots, true);
  for (std::size_t i = 0; i < books_.size(); ++i)
    if (drops_[i] != ByReason{}) parts_.tail.dropped(i, drops_[i]);
  for (std::size_t i = 0; i < absent_.size(); ++i)
    absent_[i].books.totals.drop(drops_[books_.size() + i]);
  cleared_ = clearing_;
  forget_given_up(now);
  if (expiry_.due(now) && !more_) expiry_.done(now);
  for (const Slot* slot : slots) {
    Position& newest = newest_[static_cast<std::size_t>(slot->header.lane)];
    newest = std::max(newest, slot->header.position);
  }
  stored_books_ = books_;
  names_stored_ = names_pending_;
  parts_.dead_letters.remove_first(letters_);
  if (const std::uint64_t lost = parts_.dead_letters.take_lost(); lost > 0)
    log(LogLevel::warning, name(), "%" PRIu64 " dead letters came too fast to be kept", lost);
  run_stored_ = clock_stored_ = true;
  last_commit_ = now;
  ++commits_;
  if (extent == Extent::none) return {};
  spare_ = 0;
  if (!full_) parts_.journal.ballast().keep();
  show(now, {});
  return {};
}

// Until it is known to be the one that we wrote, what a reader does not find in it may be lost.
Result<> Recorder::open() {
  Journal& journal = parts_.journal;
  if (journal.is_open()) return {};
  journal.suspect();
  cleared_ = {};
  const Result<> opened = reopen();
  if (!opened) journal.close();
  if (opened || opened.error().reason != Reason::corrupt) journal.trust();
  if (!opened) return opened;
  // a commit that seemed to fail may have brought more than we know
  for (std::size_t i = 0; i < lane_count; ++i)
    if (const auto last = journal.last(static_cast<Lane>(i)); last)
      newest_[i] = std::max(newest_[i], last.value());
  return {};
}

Result<> Recorder::reopen() {
  Journal& journal = parts_.journal;
  if (auto r = journal.open(); !r) return r;
  const auto last = journal.last_run();
  if (!last) return last.error();
  if (last.value().epoch == run_.epoch && last.value().stream == run_.stream) return {};
  if (last.value().epoch < run_.epoch) {
    // emptied while it was closed, unless we have not yet written to it
    if (run_stored_)
      if (auto r = mark_missing(); !r) return r;
    run_stored_ = false;
    return {};
  }
  // it appeared after we had started without it: its numbers and ours do not fit into one order
  const std::string& aside = journal.set_aside();
  journal.keep_aside();
  log(LogLevel::error, name(), "a journal with other batches appeared at %s; moved to %s",
      journal.place().path.c_str(), aside.c_str());
  std::fill(names_stored_.begin(), names_stored_.end(), SIZE_MAX);
  run_stored_ = false;
  return journal.open();
}

}  // namespace fieldweir
