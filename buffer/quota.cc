#include "buffer/quota.h"

namespace fieldweir {
namespace {

/// The oldest rows of a stretch that have `wanted` bytes together. A lone one stays: a mark in its
/// place would gain too little to be worth a gap.
Result<Range> oldest(Journal& journal, Lane lane, const Stretch& stretch, std::uint64_t wanted) {
  Range range{0, stretch.start, stretch.seen};
  std::uint64_t bytes = 0;
  while (bytes < wanted || range.first == range.last) {
    const auto row = journal.row_after(lane, range.last);
    if (!row) return row.error();
    if (row.value().id == 0 || row.value().id > stretch.end) break;
    range.last = row.value().id;
    if (range.first == 0) range.first = range.last;
    bytes += row.value().bytes;
  }
  return range.first == 0 || range.first == range.last ? Range{} : range;
}

}  // namespace

Result<std::uint64_t> make_room(Journal& journal, Tail& tail, const Owed& owed,
                                std::uint64_t wanted, Drops& drops) {
  for (int i = lane_count - 1; i >= 0; --i) {
    const auto lane = static_cast<Lane>(i);
    const auto stretches = unseen(journal, tail, lane, owed);
    if (!stretches) return stretches.error();
    for (const Stretch& stretch : stretches.value()) {
      const auto range = oldest(journal, lane, stretch, wanted);
      if (!range) return range.error();
      if (range.value().first == 0) continue;
      const auto freed = drop(journal, tail, lane, range.value(), Reason::quota, owed, drops);
      if (!freed || freed.value() > 0) return freed;
    }
  }
  return std::uint64_t{0};
}

}  // namespace fieldweir
