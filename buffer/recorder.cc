#include "buffer/recorder.h"

#include <algorithm>
#include <cinttypes>

#include "buffer/bytes.h"

namespace fieldweir {

Recorder::Recorder(const Parts& parts, const Pace& pace, std::vector<std::string> uplinks,
                   LastRun run, bool stored, Time now)
    : parts_(parts),
      pace_(pace),
      uplinks_(std::move(uplinks)),
      run_(run),
      run_stored_(stored),
      names_stored_((parts.signals.size() + names_chunk - 1) / names_chunk, SIZE_MAX),
      names_pending_(names_stored_),
      chunks_(names_stored_.size() * sizeof(std::int64_t)),
      books_(uplinks_.size()),
      stored_books_(uplinks_.size()),
      drops_(uplinks_.size()),
      last_commit_(now) {
  for (std::size_t i = 0; i < uplinks_.size(); ++i) stored_books_[i] = parts_.tail.books(i);
  for (int i = 0; i < lane_count; ++i)
    newest_[static_cast<std::size_t>(i)] = parts_.tail.last(static_cast<Lane>(i));
  show(now, {});
}

// --- when

Time Recorder::turn(Time now) {
  if (now < retry_at_) return retry_at_;
  if (parts_.journal.suspected()) {
    failed(error(Reason::corrupt, "an uplink met a damaged page"), now);
    return retry_at_;
  }
  if (const Time due = next_due(now); due > now) return due;
  if (const Result<> written = write(now, Extent::due); !written) {
    failed(written.error(), now);
    return retry_at_;
  }
  return next_due(now);
}

Time Recorder::next_due(Time now) {
  if (more_ || !run_stored_ || parts_.dead_letters.waiting() > 0) return now;
  Time due = never;
  for (int i = 0; i < lane_count; ++i) {
    const auto lane = static_cast<Lane>(i);
    const bool durable = pace_.durable[static_cast<std::size_t>(i)];
    const Time lane_due = parts_.tail.due(lane, durable ? durable_after : pace_.persist_after);
    due = std::min(due, durable || lane_due == never
                            ? lane_due
                            : std::max(lane_due, last_commit_ + pace_.commit_every));
  }
  for (std::size_t i = 0; i < books_.size(); ++i) books_[i] = parts_.tail.books(i);
  if (parts_.journal.has_batches()) {
    if (drained()) due = std::min(due, last_commit_ + std::max(pace_.commit_every, second));
    if (cursors_moved()) due = std::min(due, last_commit_ + drain_every);
    return std::min(due, now + second);  // nobody rings when an uplink catches up
  }
  return std::min(due, last_commit_ + housekeeping_every);
}

bool Recorder::drained() const {
  for (std::size_t i = 0; i < lane_count; ++i)
    if (parts_.journal.totals()[i].batches > 0 &&
        acknowledged_by_all(static_cast<Lane>(i), books_) >= newest_[i])
      return true;
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
  if (!aside_.empty())
    if (auto r = mend(); !r) return r;
  for (std::size_t i = 0; i <= parts_.tail.size() / most_batches; ++i) {
    if (auto written = write(now, Extent::all); !written) return written;
    if (!more_) return {};
  }
  return {};
}

Result<> Recorder::write(Time now, Extent extent) {
  if (auto r = open(); !r) return r;
  const std::size_t n = take(now, extent);
  const std::span<Slot* const> slots = std::span(slots_).first(n);
  parts_.tail.snapshot(books_);
  std::fill(drops_.begin(), drops_.end(), 0);

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
  for (std::size_t i = 0; i < drops_.size(); ++i)
    if (drops_[i] > 0) parts_.tail.dropped(i, Reason::quota, drops_[i]);
  for (const Slot* slot : slots) {
    Position& newest = newest_[static_cast<std::size_t>(slot->header.lane)];
    newest = std::max(newest, slot->header.position);
  }
  stored_books_ = books_;
  names_stored_ = names_pending_;
  parts_.dead_letters.remove_first(letters_);
  if (const std::uint64_t lost = parts_.dead_letters.take_lost(); lost > 0)
    log(LogLevel::warning, name(), "%" PRIu64 " dead letters came too fast to be kept", lost);
  run_stored_ = true;
  spare_ = 0;
  last_commit_ = now;
  ++commits_;
  show(now, {});
  return {};
}

// Until it is known to be the one that we wrote, what a reader does not find in it may be lost.
Result<> Recorder::open() {
  Journal& journal = parts_.journal;
  if (journal.is_open()) return {};
  journal.suspect();
  const Result<> opened = reopen();
  if (!opened) journal.close();
  if (opened || opened.error().reason != Reason::corrupt) journal.trust();
  return opened;
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
  const std::string aside = journal.set_aside();
  log(LogLevel::error, name(), "a journal with other batches appeared at %s; moved to %s",
      journal.place().path.c_str(), aside.c_str());
  std::fill(names_stored_.begin(), names_stored_.end(), SIZE_MAX);
  run_stored_ = false;
  return journal.open();
}

std::size_t Recorder::take(Time now, Extent extent) {
  std::size_t n = 0;
  for (int i = 0; i < lane_count; ++i) {
    const bool durable = pace_.durable[static_cast<std::size_t>(i)];
    const Time before = extent == Extent::all || durable ? now : now - pace_.persist_after;
    n += parts_.tail.take_due(static_cast<Lane>(i), before, std::span(slots_).subspan(n));
  }
  more_ = n == slots_.size();
  return n;
}

Result<> Recorder::transact(Time now, std::span<Slot* const> slots, Extent extent) {
  Journal& journal = parts_.journal;
  if (auto r = journal.begin(); !r) return r;
  names_pending_ = names_stored_;
  const bool had_batches = journal.has_batches();
  const bool ended = extent == Extent::all && !more_;
  if (!slots.empty() || !run_stored_ || ended)
    if (auto r = put_names(ended); !r) return r;
  if (auto r = remove_acknowledged(); !r) return r;
  if (auto r = make_room_for(slots); !r) return r;
  for (const Slot* slot : slots) {
    const BatchHeader& header = slot->header;
    // what it replaces may have reached the disk in a commit that seemed to fail
    if (header.replaces_from != header.position)
      if (auto r = journal.remove_rows(header.lane, row_id(header.lane, header.replaces_from),
                                       row_id(header.lane, header.position));
          !r)
        return r;
    if (auto r = journal.put(header.lane, header.position, header.rows, slot->bytes()); !r)
      return r;
  }
  if (auto r = put_states(now); !r) return r;
  if (auto r = put_dead_letters(); !r) return r;
  if (had_batches && !journal.has_batches()) {
    if (auto r = journal.remove_unused(run_.epoch); !r) return r;
    std::fill(names_pending_.begin(), names_pending_.end(), SIZE_MAX);
  }
  return journal.commit();
}

Result<> Recorder::put_names(bool ended) {
  bool changed = !run_stored_ || ended;
  for (std::size_t i = 0; i < names_stored_.size(); ++i) {
    const std::size_t known = names_known(parts_.signals, i * names_chunk);
    if (known == names_stored_[i]) continue;
    encode_names(parts_.signals, i * names_chunk, chunk_);
    const std::int64_t hash = names_hash(chunk_);
    ByteWriter(chunks_.data() + i * sizeof hash)
        .fixed(static_cast<std::uint64_t>(hash), sizeof hash);
    if (auto r = parts_.journal.put_names(hash, chunk_); !r) return r;
    // counted before it was encoded: a name claimed in between is stored again, never missed
    names_pending_[i] = known;
    changed = true;
  }
  if (!changed) return {};
  return parts_.journal.put_run({run_.epoch, run_.stream, ended}, chunks_);
}

Result<> Recorder::remove_acknowledged() {
  for (int i = 0; i < lane_count; ++i) {
    const auto lane = static_cast<Lane>(i);
    if (parts_.journal.totals()[static_cast<std::size_t>(i)].batches == 0) continue;
    const Result<bool> more = parts_.journal.remove(lane, acknowledged_by_all(lane, books_));
    if (!more) return more.error();
    more_ = more_ || more.value();
  }
  return {};
}

Result<> Recorder::make_room_for(std::span<Slot* const> slots) {
  if (slots.empty()) return {};
  std::uint64_t needed = 16 * Journal::page_bytes + spare_;
  for (const Slot* slot : slots) needed += slot->size + slot->size / 32 + Journal::page_bytes;
  const std::uint64_t step = parts_.journal.place().max_size / 32;
  for (int attempt = 0; attempt < 64; ++attempt) {
    const auto room = parts_.journal.room();
    if (!room) return room.error();
    if (room.value() >= needed) return {};
    const auto freed = make_room(parts_.journal, parts_.tail, books_,
                                 std::max(needed - room.value(), step), drops_);
    if (!freed) return freed.error();
    if (freed.value() == 0) break;
  }
  return error(Reason::quota, "buffer.max_size is reached by batches that are being sent");
}

Result<> Recorder::put_states(Time now) {
  for (std::size_t i = 0; i < uplinks_.size(); ++i) {
    UplinkTotals& totals = books_[i].totals;
    totals.queued -= drops_[i];
    totals.dropped[static_cast<std::size_t>(Reason::quota)] += drops_[i];
    if (auto r =
            parts_.journal.put_state("uplink/" + uplinks_[i], StateBytes::of(books_[i]).bytes());
        !r)
      return r;
  }
  FieldTotals field = parts_.ledger.totals();
  field.at = now;
  return parts_.journal.put_state("field", StateBytes::of(field).bytes());
}

Result<> Recorder::put_dead_letters() {
  letters_ = parts_.dead_letters.waiting();
  for (std::size_t i = 0; i < letters_; ++i) {
    const DeadLetters::Letter& letter = parts_.dead_letters[i];
    if (auto r =
            parts_.journal.put_dead_letter(uplinks_[letter.uplink], letter.why, letter.payload);
        !r)
      return r;
  }
  return {};
}

}  // namespace fieldweir
