#include "buffer/thinning.h"

namespace fieldweir {
namespace {

constexpr std::size_t most_signals = 65'536;  // of an earlier run

std::size_t groups_for(std::size_t rows, std::size_t signals) {
  return std::max(4 * rows, 2 * signals);
}

}  // namespace

Thinning::Thinning(const ThinSettings& settings, std::size_t rows, std::size_t signals)
    : rows_(rows),
      above_(settings.above),
      decoder_(rows),
      encoder_(rows, signals),
      signals_(signals),
      bytes_(encoded_max(rows)),
      groups_(groups_for(rows, signals)) {
  for (Duration interval = settings.every; interval < hour; interval *= 10)
    levels_.push_back({interval});
  levels_.push_back({std::max(settings.every, hour)});
  sources_.reserve(most_sources);
  batch_.readings.reserve(rows);
  batch_.thinned.reserve(most_thinned(rows));
  batch_.texts.reserve(most_texts);
}

std::size_t Thinning::bytes_for(std::size_t rows, std::size_t signals) {
  return sizeof(Thinning) + Decoder::bytes_for(rows) + Encoder::bytes_for(rows, signals) +
         encoded_max(rows) + most_sources * sizeof(Source) + rows * sizeof(Reading) +
         most_thinned(rows) * sizeof(Thinned) + most_texts * sizeof(BatchText) +
         Groups::bytes_for(groups_for(rows, signals));
}

Result<std::uint64_t> Thinning::thin(Journal& journal, Tail& tail, const Owed& owed, Time now,
                                     Drops& drops) {
  const auto stretches = unseen(journal, tail, Lane::telemetry, owed);
  if (!stretches) return stretches.error();
  looks_ = 0;
  RowId end = last_row(Lane::telemetry);  // what the level before has done with
  for (Level& level : levels_) {
    if (now >= level.next_look)
      for (const Stretch& stretch : stretches.value()) {
        const auto freed = thin(journal, tail, level, stretch, end, owed, now, drops);
        if (!freed) return freed;
        if (freed.value() == 0) continue;  // too few for now: what lies behind need not wait
        level.next_look = now;
        return freed;
      }
    end = level.done;
  }
  return std::uint64_t{0};
}

Result<std::uint64_t> Thinning::thin(Journal& journal, Tail& tail, Level& level,
                                     const Stretch& stretch, RowId end, const Owed& owed, Time now,
                                     Drops& drops) {
  const auto later = [&] {
    level.next_look = now + level.interval;
    return std::uint64_t{0};
  };
  end = std::min(end, stretch.end);
  while (looks_ < most_looks) {
    const auto whole = take(journal, level, std::max(stretch.start, level.done), end);
    if (!whole) return whole.error();
    if (sources_.empty()) return std::uint64_t{0};
    // the next call goes on with these
    if (!whole.value() && looks_ == most_looks) return std::uint64_t{0};
    if (!whole.value() && to_ - from_ < worth_it * level.interval) return later();
    if (!is_gain()) {
      level.done = sources_.back().id;
      continue;
    }
    Range range{sources_.front().id, sources_.back().id, stretch.seen};
    if (!claim(tail, Lane::telemetry, range, owed) || range.last != sources_.back().id)
      return later();  // somebody reads it
    count(rows_in_ - groups_.size(), Reason::thinned, Lane::telemetry, sources_.back().position,
          owed, drops);
    level.done = range.last;
    return replace(journal, level.interval);
  }
  return std::uint64_t{0};
}

/// Takes what can come together behind `after`; whether it ends because no more would fit.
Result<bool> Thinning::take(Journal& journal, Level& level, RowId after, RowId end) {
  sources_.clear();
  groups_.clear(level.interval);
  head_ = BatchHeader{};
  rows_in_ = 0;
  for (RowId at = after; looks_ < most_looks && sources_.size() < most_sources; ++looks_) {
    const auto row = journal.row_after(Lane::telemetry, at);
    if (!row) return row.error();
    at = row.value().id;
    if (at == 0 || at > end) return false;
    const auto payload = journal.payload(at);
    if (!payload) return payload.error();
    BatchHeader header;
    const bool fits = decode_header(payload.value(), header) && accepts(level, header) &&
                      add(header, payload.value());
    if (fits) {
      sources_.push_back({at, row.value().bytes, header.replaces_from, header.position});
    } else {
      if (!sources_.empty()) return true;
      level.done = at;
    }
  }
  return sources_.size() == most_sources;
}

/// Marks go with the batches behind which they stand.
bool Thinning::accepts(const Level& level, const BatchHeader& header) const {
  if (sources_.empty()) return header.rows > 0 && header.interval < level.interval;
  return header.interval < level.interval && header.position.epoch == head_.position.epoch &&
         header.clock_synchronised == head_.clock_synchronised;
}

bool Thinning::add(const BatchHeader& header, std::span<const std::byte> payload) {
  BatchHeader again;
  if (!decoder_.decode(payload, again, batch_.readings, batch_.thinned, batch_.texts)) return false;
  std::size_t signals = signals_;
  for (const Reading& reading : batch_.readings)
    signals = std::max<std::size_t>(signals, reading.signal + std::size_t{1});
  if (signals > most_signals || !groups_.add(batch_)) return false;
  if (signals > signals_) encoder_ = Encoder(rows_, signals_ = signals);
  if (sources_.empty()) {
    head_ = header;
    from_ = header.from;
    to_ = header.to;
  } else {
    head_.gaps.add(header.gaps);
    head_.position = header.position;
    if (header.rows > 0) from_ = std::min(from_, header.from);
    if (header.rows > 0) to_ = std::max(to_, header.to);
  }
  rows_in_ += header.rows;
  return true;
}

std::size_t Thinning::batches() const {
  return (groups_.size() + most_thinned(rows_) - 1) / most_thinned(rows_);
}

bool Thinning::is_gain() const {
  return rows_in_ >= 2 * groups_.size() && batches() <= sources_.size();
}

Result<std::uint64_t> Thinning::replace(Journal& journal, Duration interval) {
  constexpr Lane lane = Lane::telemetry;
  std::uint64_t before = 0, after = 0;
  for (const Source& source : sources_) before += source.bytes;
  if (auto r = journal.remove_rows(lane, sources_.front().id, sources_.back().id); !r)
    return r.error();
  for (std::size_t i = 0, n = batches(); i < n; ++i) {
    const std::size_t size = encode(i, n, interval);
    if (auto r = journal.put(lane, head_.position, head_.rows, std::span(bytes_).first(size)); !r)
      return r.error();
    head_.gaps.clear();
    after += size;
  }
  return before > after ? before - after : 1;
}

/// The `i`-th of `of` batches.
std::size_t Thinning::encode(std::size_t i, std::size_t of, Duration interval) {
  const auto share = [&](std::size_t all, std::size_t part) { return all * part / of; };
  head_.replaces_from = sources_[share(sources_.size(), i)].from;
  head_.position = sources_[share(sources_.size(), i + 1) - 1].position;
  head_.interval = interval;
  const std::size_t first = share(groups_.size(), i);
  groups_.write(first, share(groups_.size(), i + 1) - first, from_, batch_);
  return encoder_.encode(head_, batch_.readings, batch_.thinned, groups_.texts(), bytes_);
}

}  // namespace fieldweir
