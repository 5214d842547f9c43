#include "buffer/dropping.h"

#include <algorithm>

namespace fieldweir {
namespace {

/// Where a stretch ends, and where the next one starts: behind rows that an uplink may have seen.
struct Bound {
  RowId end;
  RowId start;  // equal to `end`: nobody has seen any
};

// Uplinks go on meanwhile: what they have asked for since the books were closed counts as well.
Result<std::vector<Bound>> bounds_of(Journal& journal, const Tail& tail, Lane lane,
                                     const Owed& owed) {
  const auto l = static_cast<std::size_t>(lane);
  std::vector<Bound> all;
  const auto cut = [&](Position at) { all.push_back({row_id(lane, at), row_id(lane, at)}); };
  for (std::size_t i = 0; i < owed.books.size(); ++i) {
    const auto pin = [&](Position cursor) -> Result<> {
      const Position asked = std::max(cursor, tail.asked(i, lane, cursor));
      const auto row = journal.row_after(lane, row_id(lane, asked), most_ahead - 1);
      if (!row) return row.error();
      all.push_back({row_id(lane, cursor), row.value().id == 0 ? last_row(lane) : row.value().id});
      return {};
    };
    if (auto r = pin(owed.books[i].cursors[l].acknowledged); !r) return r.error();
    for (const AheadRange& range : owed.books[i].ahead[l].ranges()) {
      cut(range.after);
      if (auto r = pin(range.cursor.acknowledged); !r) return r.error();
    }
  }
  // a mark belongs to what an absent uplink is owed altogether, or not at all
  for (const AbsentUplink& uplink : owed.absent) {
    cut(uplink.books.cursors[l].acknowledged);
    cut(uplink.absence.last[l]);
    for (const AheadRange& range : uplink.books.ahead[l].ranges()) {
      cut(range.after);
      cut(range.cursor.acknowledged);
    }
  }
  std::sort(all.begin(), all.end(), [](const Bound& a, const Bound& b) { return a.end < b.end; });
  all.push_back({last_row(lane), last_row(lane)});
  return all;
}

/// Names what goes: of one range, so that the names of a run are read once for it.
class Naming {
 public:
  explicit Naming(Journal& journal) : journal_(journal) {}

  /// Nothing is known if not all of it is.
  void add(std::uint32_t epoch, std::span<const std::byte> payload) {
    if (unknown_ || signals.all()) return;
    if (epoch != epoch_) names_ = journal_.signals(epoch_ = epoch);
    const bool whole = each_signal(payload, [&](SignalId id) {
      if (names_ != nullptr && id < names_->size()) return signals.add((*names_)[id].name);
      unknown_ = true;
    });
    unknown_ = unknown_ || !whole;
    if (unknown_) signals = {};
  }

  GapSignals signals;

 private:
  Journal& journal_;
  std::uint32_t epoch_ = 0;
  std::unique_ptr<SignalTable> names_;
  bool unknown_ = false;
};

Result<std::uint64_t> replace(Journal& journal, Lane lane, Range range, Reason why,
                              const Owed& owed, Drops& drops) {
  BatchHeader mark;
  mark.lane = lane;
  Gap gap{INT64_MAX, INT64_MIN, 0, why};
  Naming naming(journal);
  Journal::Row row;
  row.id = range.first - 1;
  std::uint64_t freed = 0;
  for (bool first = true; row.id < range.last; first = false) {
    const auto next = journal.row_after(lane, row.id);
    if (!next) return next.error();
    row = next.value();
    if (row.id == 0 || row.id > range.last) break;
    freed += row.bytes;
    const auto payload = journal.payload(row.id);
    if (!payload) return payload.error();
    BatchHeader header;
    const bool readable = decode_header(payload.value(), header).ok();
    if (!readable) {
      header = BatchHeader{};
      header.position = header.replaces_from = position_of(row.id, mark.position.stream);
      header.readings = row.rows;
    }
    if (row.rows > 0 && readable) {
      gap.from = std::min(gap.from, header.from);
      gap.to = std::max(gap.to, header.to);
    }
    if (row.rows > 0) {
      gap.readings += header.readings;
      naming.add(header.position.epoch, payload.value());
    }
    mark.gaps.add(header.gaps);
    mark.clock_synchronised = mark.clock_synchronised && header.clock_synchronised;
    if (first) mark.replaces_from = header.replaces_from;
    mark.position = header.position;
    count(row.rows, why, lane, header.position, owed, drops);
  }
  if (gap.from > gap.to) gap.from = gap.to = 0;  // nobody knows
  gap.signals = naming.signals;
  if (gap.readings > 0) mark.gaps.add(gap);
  std::array<std::byte, encoded_max(0)> bytes;
  const std::size_t size = encode_gaps(mark, bytes);
  if (auto r = journal.remove_rows(lane, range.first, range.last); !r) return r.error();
  if (auto r = journal.put(lane, mark.position, 0, std::span(bytes).first(size)); !r)
    return r.error();
  return freed > size ? freed - size : 0;
}

}  // namespace

void count(std::uint64_t readings, Reason why, Lane lane, Position position, const Owed& owed,
           Drops& drops) {
  const auto reason = static_cast<std::size_t>(why);
  for (std::size_t i = 0; i < owed.books.size(); ++i)
    if (!owed.books[i].done(static_cast<std::size_t>(lane), position)) drops[i][reason] += readings;
  for (std::size_t i = 0; i < owed.absent.size(); ++i)
    if (owed.absent[i].is_owed(lane, position)) drops[owed.books.size() + i][reason] += readings;
}

Result<std::vector<Stretch>> unseen(Journal& journal, const Tail& tail, Lane lane,
                                    const Owed& owed) {
  const auto bounds = bounds_of(journal, tail, lane, owed);
  if (!bounds) return bounds.error();
  std::vector<Stretch> all;
  RowId seen = row_id(lane, {});
  RowId start = seen;
  for (const Bound& bound : bounds.value()) {
    if (start < bound.end) all.push_back({start, bound.end, seen});
    start = std::max(start, bound.start);
    if (bound.start > bound.end) seen = std::max(seen, bound.start);
  }
  return all;
}

// Copies in the tail go first, so that nobody is offered there what is gone here.
bool claim(Tail& tail, Lane lane, Range& range, const Owed& owed) {
  range.last = std::min(range.last, row_id(lane, tail.forget(lane, position_of(range.last, 0))));
  const Position last = position_of(range.last, 0);
  if (range.last < range.first || !tail.may_replace(lane, position_of(range.seen, 0), last))
    return false;
  const auto l = static_cast<std::size_t>(lane);
  for (std::size_t i = 0; i < owed.books.size(); ++i)
    if (tail.books(i).done(l, last) != owed.books[i].done(l, last)) return false;
  return true;
}

Result<std::uint64_t> drop(Journal& journal, Tail& tail, Lane lane, Range range, Reason why,
                           const Owed& owed, Drops& drops) {
  if (!claim(tail, lane, range, owed)) return std::uint64_t{0};
  return replace(journal, lane, range, why, owed, drops);
}

}  // namespace fieldweir
