// quota: what goes when the journal is full: the oldest batches of the lowest lane. Recorder thread
// only.
#pragma once

#include "buffer/dropping.h"

namespace fieldweir {

/// Within the open transaction: drops at least `wanted` bytes, if that much may be dropped. How
/// many bytes it freed; 0: nothing may go.
Result<std::uint64_t> make_room(Journal& journal, Tail& tail, const Owed& owed,
                                std::uint64_t wanted, Drops& drops);

}  // namespace fieldweir
