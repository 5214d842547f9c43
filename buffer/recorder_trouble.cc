// When the disk fails, and what the recorder tells about itself.

#include <algorithm>
#include <cinttypes>

#include "buffer/recorder.h"
#include "buffer/salvage.h"

namespace fieldweir {

void Recorder::failed(const Error& why, Time now) {
  retry_at_ = now + retry_every;
  more_ = false;
  std::fill(names_stored_.begin(), names_stored_.end(), SIZE_MAX);
  if (log_limit_.allow(now))
    log(LogLevel::error, name(),
        "journal: %s; batches stay in memory, next attempt in %" PRId64 " s",
        std::string(why.text.view()).c_str(), retry_every / second);
  Journal& journal = parts_.journal;
  switch (why.reason) {
    case Reason::quota:
      break;
    case Reason::disk_full:
      // the quota's estimate was short; but a disk that others filled must not cost the backlog
      full_ = !journal.ballast().fits();
      if (!full_) spare_ = std::min<std::uint64_t>(spare_ + (64 << 10), most_spare);
      break;
    case Reason::corrupt:
      run_stored_ = false;
      journal.suspect();
      if (mend(now))
        journal.trust();
      else
        journal.close();  // still suspected: the next turn goes on with it
      break;
    default:
      // after a failed sync the same handle cannot be trusted: open it again, write what is not
      // sure
      journal.close();
  }
  show(now, why);
}

/// Until the counts, too, are on disk it is not done: a power cut before makes the next run begin
/// again.
Result<> Recorder::mend(Time now) {
  Journal& journal = parts_.journal;
  journal.set_aside();
  cleared_ = {};
  if (auto r = journal.open(); !r) return r;
  parts_.tail.snapshot(books_);
  if (!salvage(journal, books_))
    if (auto r = mark_missing(); !r) return r;
  batched_ = parts_.tail.snapshot(books_);
  std::fill(drops_.begin(), drops_.end(), ByReason{});
  if (auto r = journal.begin(); !r) return r;
  if (auto r = put_states(now); !r) return r;
  if (auto r = journal.commit(); !r) return r;
  journal.keep_aside();
  return {};
}

// What salvage cannot reach at the end of a lane is marked here: its last number is known. What the
// tail still has is written once more.
Result<> Recorder::mark_missing() {
  Journal& journal = parts_.journal;
  const std::array<Position, lane_count> below = parts_.tail.write_again();
  parts_.tail.snapshot(books_);
  if (auto r = journal.begin(); !r) return r;
  for (int i = 0; i < lane_count; ++i) {
    const auto lane = static_cast<Lane>(i);
    const Position newest =
        std::min(newest_[static_cast<std::size_t>(i)], below[static_cast<std::size_t>(i)]);
    const Result<Position> last = journal.last(lane);
    if (!last) return last.error();
    const Position known = std::max(last.value(), acknowledged_by_all(lane, books_));
    if (known >= newest) continue;
    Position from{newest.stream, newest.epoch, 1};
    if (known.epoch == newest.epoch) from.seq = known.seq + 1;
    if (auto r = mark_lost(journal, lane, from, newest, books_); !r) return r;
  }
  if (auto r = journal.commit(); !r) return r;
  return count_lost(below);
}

// How many readings a batch had that cannot be read is known only from what is missing in the sum.
Result<> Recorder::count_lost(std::span<const Position> through) {
  for (std::size_t i = 0; i < books_.size(); ++i) {
    std::uint64_t owed = 0;
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      const auto readings =
          parts_.journal.owed(static_cast<Lane>(lane), books_[i], {}, through[lane]);
      if (!readings) return readings.error();
      owed += readings.value();
    }
    const std::uint64_t queued = books_[i].totals.queued;
    if (queued > owed) parts_.tail.dropped(i, Reason::corrupt, queued - owed);
  }
  return {};
}

void Recorder::show(Time now, const Error& problem) {
  const Journal& journal = parts_.journal;
  const std::scoped_lock lock(shown_mutex_);
  shown_.writable = journal.is_open() && problem.reason == Reason::none;
  shown_.problem = problem.reason;
  shown_.problem_text = problem.text;
  shown_.database_bytes = journal.database_bytes();
  shown_.wal_bytes = journal.wal_size();
  shown_.aside.assign(journal.aside());
  shown_.low_disk = journal.low();
  shown_.ballast = journal.ballast().held();
  shown_.limit_bytes = journal.place().max_size;
  shown_.commits = commits_;
  shown_.bytes_written = journal.bytes_written();
  shown_.longest_commit = longest_commit_;
  shown_.last_commit = now;
  shown_totals_ = journal.totals();
  shown_absent_ = absent_;
}

JournalStatus Recorder::status() const {
  const std::scoped_lock lock(shown_mutex_);
  return shown_;
}

JournalTotals Recorder::totals() const {
  const std::scoped_lock lock(shown_mutex_);
  return shown_totals_;
}

std::vector<AbsentUplink> Recorder::absent() const {
  const std::scoped_lock lock(shown_mutex_);
  return shown_absent_;
}

}  // namespace fieldweir
