// salvage: takes over what can still be read of a journal that was set aside: batches, what their
// signals were, cursors and counts. While starting, or on the recorder's thread when a journal
// turns out to be damaged. Cannot fail: what is lost is lost, and is logged.
#pragma once

#include <string>

#include "buffer/journal.h"

namespace fieldweir {

/// Whether everything could be read.
bool salvage(const std::string& aside, const char* vfs, Journal& into);

/// Within a transaction: a gap of unknown size in place of batches that could not be read.
Result<> mark_lost(Journal& into, Lane lane, Position from, Position to);

}  // namespace fieldweir
