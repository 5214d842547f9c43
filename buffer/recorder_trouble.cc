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
      spare_ += 64 << 10;
      break;
    case Reason::corrupt:
      run_stored_ = false;
      if (const Result<> mended = mend(); !mended) journal.close();
      break;
    default:
      // after a failed sync the same handle cannot be trusted: open it again, write what is not
      // sure
      journal.close();
  }
  show(now, why);
}

// What salvage cannot reach at the end of a lane is marked here: its last number is known.
Result<> Recorder::mend() {
  Journal& journal = parts_.journal;
  const std::string aside = journal.set_aside();
  if (auto r = journal.open(); !r) return r;
  if (salvage(aside, journal.place().vfs, journal)) return {};
  if (auto r = journal.begin(); !r) return r;
  for (int i = 0; i < lane_count; ++i) {
    const auto lane = static_cast<Lane>(i);
    const Position newest = newest_[static_cast<std::size_t>(i)];
    const Result<Position> last = journal.last(lane);
    if (!last) return last.error();
    if (last.value() >= newest) continue;
    Position from = newest;
    if (last.value().epoch == newest.epoch) from.seq = last.value().seq + 1;
    if (auto r = mark_lost(journal, lane, from, newest); !r) return r;
  }
  return journal.commit();
}

void Recorder::show(Time now, const Error& problem) {
  const Journal& journal = parts_.journal;
  const std::scoped_lock lock(shown_mutex_);
  shown_.writable = journal.is_open() && problem.reason == Reason::none;
  shown_.problem = problem.reason;
  shown_.problem_text = problem.text;
  shown_.database_bytes = journal.database_bytes();
  shown_.wal_bytes = journal.wal_size();
  shown_.limit_bytes = journal.place().max_size;
  shown_.commits = commits_;
  shown_.bytes_written = journal.bytes_written();
  shown_.longest_commit = longest_commit_;
  shown_.last_commit = now;
  shown_totals_ = journal.totals();
}

JournalStatus Recorder::status() const {
  const std::scoped_lock lock(shown_mutex_);
  return shown_;
}

JournalTotals Recorder::totals() const {
  const std::scoped_lock lock(shown_mutex_);
  return shown_totals_;
}

}  // namespace fieldweir
