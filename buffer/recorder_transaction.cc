// What one transaction of the recorder holds.

#include <algorithm>
#include <cinttypes>

#include "buffer/bytes.h"
#include "buffer/recorder.h"

namespace fieldweir {

std::size_t Recorder::take(Time now, Extent extent) {
  const std::span<Slot*> room = std::span(slots_).first(full_ ? most_when_full : most_batches);
  std::size_t n = 0;
  more_ = extent == Extent::none;
  if (extent == Extent::none) return 0;
  for (int i = 0; i < lane_count; ++i) {
    const bool durable = pace_.durable[static_cast<std::size_t>(i)];
    const Time before = extent == Extent::all || durable ? now : now - pace_.persist_after;
    n += parts_.tail.take_due(static_cast<Lane>(i), before, room.subspan(n));
  }
  // no more than the write-ahead log has room for, but one at least: what does not fit into the
  // journal altogether may do so in parts
  std::size_t taken = std::min<std::size_t>(n, 1);
  for (std::uint64_t bytes = n > 0 ? slots_[0]->size : 0; taken < n; ++taken)
    if ((bytes += slots_[taken]->size) > parts_.journal.wal_bytes()) break;
  parts_.tail.give_back(room.first(n).subspan(taken), false);
  more_ = n == room.size() || taken < n;
  return taken;
}

Result<> Recorder::transact(Time now, std::span<Slot* const> slots, Extent extent) {
  Journal& journal = parts_.journal;
  if (auto r = journal.begin(); !r) return r;
  names_pending_ = names_stored_;
  const bool had_batches = journal.has_batches();
  const bool ended = extent == Extent::all && !more_;
  letters_ = extent == Extent::none ? 0 : parts_.dead_letters.waiting();
  if (!slots.empty() || letters_ > 0 || !run_stored_ || ended)
    if (auto r = put_names(ended); !r) return r;
  if (!run_stored_)
    if (auto r = put_absences(); !r) return r;
  if (parts_.dating.matters() && !(run_stored_ && clock_stored_))
    if (auto r = parts_.dating.store(journal, run_.epoch); !r) return r;
  for (const AbsentUplink& uplink : absent_)
    if (too_long_away(uplink, now))
      if (auto r = give_up(journal, uplink.name); !r) return r;
  if (auto r = remove_acknowledged(); !r) return r;
  if (auto r = expire(now); !r) return r;
  if (auto r = thin(now); !r) return r;
  if (auto r = make_room_for(slots, now); !r) return r;
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
  RunRow run = run_;
  run.ended = ended;
  return parts_.journal.put_run(run, chunks_);
}

Result<> Recorder::put_absences() {
  for (const AbsentUplink& uplink : absent_)
    if (auto r = put_absent(parts_.journal, uplink); !r) return r;
  return put_present(parts_.journal, uplinks_);
}

bool Recorder::too_long_away(const AbsentUplink& uplink, Time now) const {
  return expiry_.too_old(uplink.age(ages_, now));
}

void Recorder::forget_given_up(Time now) {
  std::erase_if(absent_, [&](const AbsentUplink& uplink) {
    if (!too_long_away(uplink, now)) return false;
    log(LogLevel::warning, name(),
        "uplink '%s' was not run for longer than buffer.max_age: %" PRIu64
        " readings that it was owed are given up",
        uplink.name.c_str(), uplink.books.totals.queued);
    cleared_ = {};
    return true;
  });
  drops_.resize(books_.size() + absent_.size());
}

Result<> Recorder::remove_acknowledged() {
  clearing_ = cleared_;
  for (std::size_t i = 0; i < lane_count; ++i) {
    if (!on_disk(i)) continue;
    const auto lane = static_cast<Lane>(i);
    const Position through = acknowledged_by_all(lane, books_);
    const Result<bool> more = parts_.journal.remove(lane, through, kept_for(absent_, lane));
    if (!more) return more.error();
    more_ = more_ || more.value();
    if (!more.value()) clearing_[i] = std::max(clearing_[i], std::min(through, newest_[i]));
  }
  return {};
}

Result<> Recorder::expire(Time now) {
  if (!expiry_.due(now)) return {};
  const Result<bool> more =
      expiry_.expire(parts_.journal, parts_.tail, {books_, absent_}, now, drops_);
  if (!more) return more.error();
  more_ = more_ || more.value();
  return {};
}

/// Rides a commit that happens anyway.
Result<> Recorder::thin(Time now) {
  thinnings_ = 0;
  if (parts_.thinning == nullptr || !parts_.thinning->wanted(parts_.journal)) return {};
  const auto freed =
      parts_.thinning->thin(parts_.journal, parts_.tail, {books_, absent_}, now, drops_);
  if (!freed) return freed.error();
  return {};
}

Result<std::uint64_t> Recorder::free_some(std::uint64_t wanted, Time now) {
  const Owed owed{books_, absent_};
  if (parts_.thinning != nullptr && thinnings_ < most_thinnings) {
    ++thinnings_;
    const auto freed = parts_.thinning->thin(parts_.journal, parts_.tail, owed, now, drops_);
    if (!freed || freed.value() > 0) return freed;
  }
  return make_room(parts_.journal, parts_.tail, owed, pace_.when_full, wanted, drops_);
}

Result<> Recorder::make_room_for(std::span<Slot* const> slots, Time now) {
  if (slots.empty()) return {};
  std::uint64_t needed = 16 * Journal::page_bytes + spare_;
  for (const Slot* slot : slots) needed += slot->size + slot->size / 32 + Journal::page_bytes;
  const std::uint64_t step = parts_.journal.place().max_size / 32;
  for (int attempt = 0; attempt < 64; ++attempt) {
    const auto room = parts_.journal.room(full_);
    if (!room) return room.error();
    if (room.value() >= needed) return {};
    if (full_) return error(Reason::disk_full, "the disk is full, and so is the journal's file");
    const auto freed = free_some(std::max(needed - room.value(), step), now);
    if (!freed) return freed.error();
    if (freed.value() == 0) break;
  }
  return error(Reason::quota, "%s by batches that are being sent",
               parts_.journal.low() ? "the disk has less free than buffer.min_free_disk, and the "
                                      "journal is filled"
                                    : "buffer.max_size is reached");
}

Result<> Recorder::put_states(Time now) {
  for (std::size_t i = 0; i < uplinks_.size(); ++i) {
    books_[i].totals.drop(drops_[i]);
    if (auto r =
            parts_.journal.put_state("uplink/" + uplinks_[i], StateBytes::of(books_[i]).bytes());
        !r)
      return r;
  }
  for (std::size_t i = 0; i < absent_.size(); ++i) {
    const ByReason& dropped = drops_[books_.size() + i];
    if (dropped == ByReason{} || too_long_away(absent_[i], now)) continue;
    AbsentUplink uplink = absent_[i];
    uplink.books.totals.drop(dropped);
    if (auto r = put_absent(parts_.journal, uplink); !r) return r;
  }
  FieldTotals field = parts_.ledger.totals(batched_);
  field.at = now;
  return parts_.journal.put_state("field", StateBytes::of(field).bytes());
}

Result<> Recorder::put_dead_letters() {
  for (std::size_t i = 0; i < letters_; ++i) {
    const DeadLetters::Letter& letter = parts_.dead_letters[i];
    if (auto r =
            parts_.journal.put_dead_letter(uplinks_[letter.uplink], letter.why, letter.payload);
        !r)
      return r;
  }
  return letters_ > 0 ? parts_.journal.cut_dead_letters() : Result<>();
}

}  // namespace fieldweir
