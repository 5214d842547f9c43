// dropping: how batches leave the journal before everybody has them: one gap mark in place of the
// range. What stands under a position changes only before an uplink may have seen it, so the first
// `most_ahead` batches behind each cursor stay. Absent uplinks keep nothing from going. Recorder
// thread only, within the open transaction; until the caller says tail.replaced(), nobody reads
// what is dropped.
#pragma once

#include <span>
#include <vector>

#include "buffer/absent.h"
#include "buffer/journal.h"

namespace fieldweir {

/// Who is owed what the journal holds.
struct Owed {
  std::span<const UplinkBooks> books;
  std::span<const AbsentUplink> absent;
  std::size_t size() const { return books.size() + absent.size(); }
};

/// Readings that were dropped, first of each of `Owed::books`, then of each of `Owed::absent`: they
/// are not queued any more once the transaction is committed.
using Drops = std::vector<ByReason>;

/// Rows of a lane behind `start`, up to and with `end`: nobody has seen one, and one mark may stand
/// for any neighbours among them.
struct Stretch {
  RowId start;
  RowId end;
  RowId seen;  // the last row in front of it that an uplink may have seen
};
/// In order. Some may have no rows.
Result<std::vector<Stretch>> unseen(Journal& journal, const Tail& tail, Lane lane,
                                    const Owed& owed);

/// Neighbours within a stretch. Empty: `first` is 0.
struct Range {
  RowId first = 0;
  RowId last = 0;
  RowId seen = 0;
};

/// Shortens the range to what may be replaced now; false: nothing of it, since an uplink was
/// quicker: it may have seen some of it, or is done with it since the books were closed.
bool claim(Tail& tail, Lane lane, Range& range, const Owed& owed);

/// So many readings up to `position`, in one stretch, are not owed any more.
void count(std::uint64_t readings, Reason why, Lane lane, Position position, const Owed& owed,
           Drops& drops);

/// Puts a mark in the place of the range, and counts. How many bytes it freed; 0: nothing could be
/// dropped, since an uplink was quicker.
Result<std::uint64_t> drop(Journal& journal, Tail& tail, Lane lane, Range range, Reason why,
                           const Owed& owed, Drops& drops);

}  // namespace fieldweir
