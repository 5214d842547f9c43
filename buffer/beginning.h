// beginning: how a run starts on the journal that it finds. Main thread. Cannot fail: a journal
// that cannot be used is told in the log, and the run goes on in memory, with numbers of its own.
#pragma once

#include <string>
#include <vector>

#include "buffer/absent.h"
#include "core/random.h"

namespace fieldweir {

/// The journal as it is found at the start, and the numbers of the run that begins.
struct Beginning {
  RunRow before;
  RunRow run{1, 0, false};
  bool stored = false;     // the journal knows the new run
  bool alone = false;      // the journal could only be opened without its readers
  bool lost_some = false;  // the journal was damaged, and not all of it could be taken over
  FoundAbsent absent;
  std::vector<UplinkBooks> books;  // of those that are run
};

/// Opens the journal, mends it if it is damaged, raises the epoch, keeps what absent uplinks are
/// owed. `ages.started` is now.
Beginning begin(Journal& journal, const std::vector<std::string>& uplinks, Random random,
                const Ages& ages);

}  // namespace fieldweir
