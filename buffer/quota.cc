#include "buffer/quota.h"

#include <algorithm>

namespace fieldweir {
namespace {

/// The rows at one end of a stretch that have `wanted` bytes together, with the mark that adjoins
/// them. A lone one stays: a mark in its place would gain too little to be worth a gap.
Result<Range> at_end(Journal& journal, Lane lane, const Stretch& stretch, WhenFull when_full,
                     std::uint64_t wanted) {
  const bool from_start = when_full == WhenFull::drop_oldest;
  Range range{0, 0, stretch.seen};
  std::size_t rows = 0;
  std::uint64_t bytes = 0;
  RowId at = from_start ? stretch.start : stretch.end + 1;
  bool marked = false;
  // what lies before the newest ones' own mark is old: it stays
  for (bool enough = false;; enough = rows > 1 && (bytes >= wanted || (marked && !from_start))) {
    const auto row = from_start ? journal.row_after(lane, at) : journal.row_before(lane, at);
    if (!row) return row.error();
    at = row.value().id;
    if (at == 0 || at > stretch.end || at <= stretch.start) break;
    if (enough && row.value().rows > 0) break;
    range.first = rows == 0 ? at : std::min(range.first, at);
    range.last = std::max(range.last, at);
    bytes += row.value().bytes;
    marked = marked || row.value().rows == 0;
    ++rows;
  }
  return rows > 1 ? range : Range{};
}

}  // namespace

Result<std::uint64_t> make_room(Journal& journal, Tail& tail, const Owed& owed, WhenFull when_full,
                                std::uint64_t wanted, Drops& drops) {
  for (int i = lane_count - 1; i >= 0; --i) {
    const auto lane = static_cast<Lane>(i);
    auto stretches = unseen(journal, tail, lane, owed);
    if (!stretches) return stretches.error();
    std::vector<Stretch> all = stretches.value();
    if (when_full == WhenFull::drop_newest) std::reverse(all.begin(), all.end());
    for (const Stretch& stretch : all) {
      const auto range = at_end(journal, lane, stretch, when_full, wanted);
      if (!range) return range.error();
      if (range.value().first == 0) continue;
      const auto freed = drop(journal, tail, lane, range.value(), Reason::quota, owed, drops);
      if (!freed || freed.value() > 0) return freed;
    }
  }
  return std::uint64_t{0};
}

}  // namespace fieldweir
