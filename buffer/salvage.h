// salvage: takes over what can still be read of a journal that was set aside: batches, what their
// signals were, cursors and counts. While starting, or on the recorder's thread when a journal
// turns out to be damaged. Cannot fail: what is lost is lost, and is logged.
#pragma once

#include <span>

#include "buffer/journal.h"

namespace fieldweir {

/// From into.mending_path(). Whether everything could be read. `books`: of uplinks that go on
/// meanwhile.
bool salvage(Journal& into, std::span<const UplinkBooks> books);

/// Within a transaction: a gap of unknown size in place of batches of one run that could not be
/// read. It is cut where an uplink took something ahead, or where one went: who is owed only a part
/// of it must find that part.
Result<> mark_lost(Journal& into, Lane lane, Position from, Position to,
                   std::span<const UplinkBooks> books);

}  // namespace fieldweir
