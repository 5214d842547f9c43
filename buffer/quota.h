// quota: what goes when the journal is full. The oldest batches of the lowest lane make room, as
// one gap mark in place of the range; but what stands under a position changes only before an
// uplink may have seen it, so the first `most_ahead` batches behind each cursor stay. Absent
// uplinks keep nothing from going. Recorder thread only.
#pragma once

#include <span>
#include <vector>

#include "buffer/absent.h"
#include "buffer/journal.h"

namespace fieldweir {

/// Readings that a drop took, per uplink: they are not queued any more once the drop is committed.
using Drops = std::vector<std::uint64_t>;

/// Who is owed what the journal holds.
struct Owed {
  std::span<const UplinkBooks> books;
  std::span<const AbsentUplink> absent;
  std::size_t size() const { return books.size() + absent.size(); }
};

/// Within the open transaction: drops at least `wanted` bytes, if that much may be dropped. Counts
/// are added to `drops`: first those of `owed.books`, then those of `owed.absent`. How many bytes
/// it freed; 0: nothing may go. Until the caller says tail.replaced(), nobody reads what is
/// dropped.
Result<std::uint64_t> make_room(Journal& journal, Tail& tail, const Owed& owed,
                                std::uint64_t wanted, Drops& drops);

}  // namespace fieldweir
