#include "buffer/quota.h"

#include <algorithm>

namespace fieldweir {
namespace {

/// Where a range of a lane must end, and where the next may start: behind rows that an uplink may
/// have seen.
struct Bound {
  RowId end;
  RowId start;  // equal to `end`: nobody has seen any
};

struct Range {
  RowId after = 0;  // the last row in front of it that an uplink may have seen
  RowId first = 0;  // 0: there is none
  RowId last = 0;
  std::uint64_t bytes = 0;
};

// Uplinks go on meanwhile: what they have asked for since `books` were closed counts as well.
Result<std::vector<Bound>> bounds_of(Journal& journal, const Tail& tail, Lane lane,
                                     const Owed& owed) {
  const auto l = static_cast<std::size_t>(lane);
  std::vector<Bound> all;
  for (std::size_t i = 0; i < owed.books.size(); ++i) {
    const RowId cursor = row_id(lane, owed.books[i].cursors[l].acknowledged);
    const RowId asked = std::max(cursor, row_id(lane, tail.asked(i, lane)));
    const auto row = journal.row_after(lane, asked, most_ahead - 1);
    if (!row) return row.error();
    all.push_back({cursor, row.value().id == 0 ? last_row(lane) : row.value().id});
  }
  // a mark belongs to what an absent uplink is owed altogether, or not at all
  for (const AbsentUplink& uplink : owed.absent)
    for (const Position cut : {uplink.books.cursors[l].acknowledged, uplink.absence.last[l]})
      all.push_back({row_id(lane, cut), row_id(lane, cut)});
  std::sort(all.begin(), all.end(), [](const Bound& a, const Bound& b) { return a.end < b.end; });
  all.push_back({last_row(lane), last_row(lane)});
  return all;
}

/// The oldest rows behind `after`, up to `end`, that have `wanted` bytes together: two at least.
Result<Range> neighbours(Journal& journal, Lane lane, RowId after, RowId end,
                         std::uint64_t wanted) {
  Range range;
  range.last = after;
  while (range.bytes < wanted || range.first == range.last) {
    const auto row = journal.row_after(lane, range.last);
    if (!row) return row.error();
    if (row.value().id == 0 || row.value().id > end) break;
    range.last = row.value().id;
    if (range.first == 0) range.first = range.last;
    range.bytes += row.value().bytes;
  }
  return range.first == 0 ? Range{} : range;
}

/// The oldest neighbours that may go. A lone batch stays: a mark in its place would gain too
/// little to be worth a gap.
Result<Range> find_range(Journal& journal, Lane lane, std::span<const Bound> bounds,
                         std::uint64_t wanted) {
  RowId seen = row_id(lane, {});
  RowId start = seen;
  for (const Bound& bound : bounds) {
    if (start < bound.end) {
      auto range = neighbours(journal, lane, start, bound.end, wanted);
      if (!range) return range.error();
      if (range.value().first < range.value().last) {
        Range found = range.value();
        found.after = seen;
        return found;
      }
    }
    start = std::max(start, bound.start);
    if (bound.start > bound.end) seen = std::max(seen, bound.start);
  }
  return Range{};
}

void count(std::uint64_t readings, Lane lane, Position position, const Owed& owed, Drops& drops) {
  for (std::size_t i = 0; i < owed.books.size(); ++i)
    if (owed.books[i].cursors[static_cast<std::size_t>(lane)].acknowledged < position)
      drops[i] += readings;
  for (std::size_t i = 0; i < owed.absent.size(); ++i)
    if (owed.absent[i].is_owed(lane, position)) drops[owed.books.size() + i] += readings;
}

/// Puts one gap mark in the place of the range.
Result<std::uint64_t> replace(Journal& journal, Lane lane, Range range, const Owed& owed,
                              Drops& drops) {
  BatchHeader mark;
  mark.lane = lane;
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
    if (!decode_header(payload.value(), header)) {
      header = BatchHeader{};
      header.position = header.replaces_from = position_of(row.id, mark.position.stream);
    }
    if (row.rows > 0) mark.gaps.add(Gap{header.from, header.to, row.rows, Reason::quota});
    mark.gaps.add(header.gaps);
    if (first) mark.replaces_from = header.replaces_from;
    mark.position = header.position;
    count(row.rows, lane, header.position, owed, drops);
  }
  std::array<std::byte, encoded_max(0)> bytes;
  const std::size_t size = encode_gaps(mark, bytes);
  if (auto r = journal.remove_rows(lane, range.first, range.last); !r) return r.error();
  if (auto r = journal.put(lane, mark.position, 0, std::span(bytes).first(size)); !r)
    return r.error();
  return freed > size ? freed - size : 0;
}

}  // namespace

Result<std::uint64_t> make_room(Journal& journal, Tail& tail, const Owed& owed,
                                std::uint64_t wanted, Drops& drops) {
  for (int i = lane_count - 1; i >= 0; --i) {
    const auto lane = static_cast<Lane>(i);
    const auto bounds = bounds_of(journal, tail, lane, owed);
    if (!bounds) return bounds.error();
    const auto range = find_range(journal, lane, bounds.value(), wanted);
    if (!range) return range.error();
    Range chosen = range.value();
    if (chosen.first == 0) continue;
    // copies in the tail go first, so that nobody is offered there what is gone here
    const Position through = tail.forget(lane, position_of(chosen.last, 0));
    chosen.last = std::min(chosen.last, row_id(lane, through));
    if (chosen.last <= chosen.first) continue;
    if (!tail.may_replace(lane, position_of(chosen.after, 0), position_of(chosen.last, 0)))
      continue;
    return replace(journal, lane, chosen, owed, drops);
  }
  return std::uint64_t{0};
}

}  // namespace fieldweir
