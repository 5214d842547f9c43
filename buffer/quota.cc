#include "buffer/quota.h"

#include <algorithm>

namespace fieldweir {
namespace {

/// Rows of a lane that an uplink may have seen: behind `cursor`, up to `last`.
struct Pinned {
  RowId cursor;
  RowId last;
};

struct Range {
  RowId after = 0;
  RowId first = 0;  // the row behind `after`; 0: there is none
  RowId last = 0;
  std::uint64_t bytes = 0;
};

// Uplinks go on meanwhile: what they have asked for since `books` were closed counts as well.
Result<std::vector<Pinned>> pins(Journal& journal, const Tail& tail, Lane lane,
                                 std::span<const UplinkBooks> books) {
  std::vector<Pinned> all;
  for (std::size_t i = 0; i < books.size(); ++i) {
    const RowId cursor =
        row_id(lane, books[i].cursors[static_cast<std::size_t>(lane)].acknowledged);
    const RowId asked = std::max(cursor, row_id(lane, tail.asked(i, lane)));
    const auto row = journal.row_after(lane, asked, most_ahead - 1);
    if (!row) return row.error();
    all.push_back({cursor, row.value().id == 0 ? last_row(lane) : row.value().id});
  }
  std::sort(all.begin(), all.end(),
            [](const Pinned& a, const Pinned& b) { return a.cursor < b.cursor; });
  return all;
}

/// The oldest neighbours that may go: from the first row that nobody pins, not beyond a cursor.
Result<Range> find_range(Journal& journal, Lane lane, std::span<const Pinned> pinned,
                         std::uint64_t wanted) {
  RowId after = row_id(lane, {});
  auto row = journal.row_after(lane, after);
  RowId end = last_row(lane);
  for (const Pinned& pin : pinned) {
    if (!row) return row.error();
    if (row.value().id == 0) return Range{};
    if (row.value().id <= pin.cursor) {
      end = pin.cursor;
      break;
    }
    if (row.value().id > pin.last) continue;
    after = pin.last;
    row = journal.row_after(lane, after);
  }
  if (!row) return row.error();
  Range range{after, row.value().id, row.value().id, row.value().bytes};
  while (range.first != 0 && range.bytes < wanted) {
    row = journal.row_after(lane, range.last);
    if (!row) return row.error();
    if (row.value().id == 0 || row.value().id > end) break;
    range.last = row.value().id;
    range.bytes += row.value().bytes;
  }
  return range;
}

/// Puts one gap mark in the place of the range.
Result<std::uint64_t> replace(Journal& journal, Lane lane, Range range,
                              std::span<const UplinkBooks> books, Drops& drops) {
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
    for (std::size_t i = 0; i < books.size(); ++i)
      if (books[i].cursors[static_cast<std::size_t>(lane)].acknowledged < header.position)
        drops[i] += row.rows;
  }
  std::array<std::byte, encoded_max(0)> bytes;
  const std::size_t size = encode_gaps(mark, bytes);
  if (auto r = journal.remove_rows(lane, range.first, range.last); !r) return r.error();
  if (auto r = journal.put(lane, mark.position, 0, std::span(bytes).first(size)); !r)
    return r.error();
  return freed > size ? freed - size : 0;
}

}  // namespace

Result<std::uint64_t> make_room(Journal& journal, Tail& tail, std::span<const UplinkBooks> books,
                                std::uint64_t wanted, Drops& drops) {
  for (int i = lane_count - 1; i >= 0; --i) {
    const auto lane = static_cast<Lane>(i);
    const auto pinned = pins(journal, tail, lane, books);
    if (!pinned) return pinned.error();
    auto range = find_range(journal, lane, pinned.value(), wanted);
    if (!range) return range.error();
    Range chosen = range.value();
    if (chosen.first == 0) continue;
    // copies in the tail go first, so that nobody is offered there what is gone here
    const Position through = tail.forget(lane, position_of(chosen.last, 0));
    chosen.last = std::min(chosen.last, row_id(lane, through));
    // a lone mark in place of a lone batch would gain too little to be worth a gap
    if (chosen.last <= chosen.first) continue;
    if (!tail.may_replace(lane, position_of(chosen.after, 0), position_of(chosen.last, 0)))
      continue;
    return replace(journal, lane, chosen, books, drops);
  }
  return std::uint64_t{0};
}

}  // namespace fieldweir
