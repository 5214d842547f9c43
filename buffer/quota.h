// quota: what goes when the journal is full. The oldest batches of the lowest lane make room, as
// one gap mark in place of the range; but what stands under a position changes only before an
// uplink may have seen it, so the first `most_ahead` batches behind each cursor stay. Recorder
// thread only.
#pragma once

#include <span>
#include <vector>

#include "buffer/journal.h"

namespace fieldweir {

/// Readings that a drop took, per uplink: they are not queued any more once the drop is committed.
using Drops = std::vector<std::uint64_t>;

/// Within the open transaction: drops at least `wanted` bytes, if that much may be dropped. `books`
/// tell the cursors; counts are added to `drops`. How many bytes it freed; 0: nothing may go.
/// Until the caller says tail.replaced(), nobody reads what is dropped.
Result<std::uint64_t> make_room(Journal& journal, Tail& tail, std::span<const UplinkBooks> books,
                                std::uint64_t wanted, Drops& drops);

}  // namespace fieldweir
