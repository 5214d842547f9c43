// quota: what goes when the journal is full: batches of the lowest lane, the oldest or the newest
// of them. Recorder thread only.
//
// The newest are those that are there: a few that come last are kept, the oldest all stay, and
// between them there is one growing gap.
#pragma once

#include "buffer/dropping.h"
#include "buffer/settings.h"

namespace fieldweir {

/// Within the open transaction: drops at least `wanted` bytes, if that much may be dropped. How
/// many bytes it freed; 0: nothing may go.
Result<std::uint64_t> make_room(Journal& journal, Tail& tail, const Owed& owed, WhenFull when_full,
                                std::uint64_t wanted, Drops& drops);

}  // namespace fieldweir
