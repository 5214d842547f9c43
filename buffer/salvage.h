// salvage: takes over what can still be read of a journal that was set aside: batches with a good
// checksum, what their signals were, cursors and counts. While starting, or on the recorder's
// thread when a journal turns out to be damaged. Cannot fail: what is lost is lost, and is logged.
#pragma once

#include <string>

#include "buffer/journal.h"

namespace fieldweir {

void salvage(const std::string& aside, const char* vfs, Journal& into);

}  // namespace fieldweir
