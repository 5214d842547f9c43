// opening_books: where uplinks stand and what they are owed when a run begins. Main thread.
#pragma once

#include <string>
#include <vector>

#include "buffer/absent.h"

namespace fieldweir {

struct Opening {
  RunRow run;            // the one that begins
  bool damaged = false;  // cursors, counts and batches may have been lost with a journal
};

/// Of a new uplink: it starts at now, at the number before this run's first. Unless its cursor may
/// have been lost: then at the oldest batch, which at worst comes twice.
UplinkBooks new_books(const Opening& opening);

/// One element per uplink. One that was absent goes on where it was; besides what it was owed it
/// gets what the journal holds for others.
std::vector<UplinkBooks> opening_books(Journal& journal, const std::vector<std::string>& uplinks,
                                       const std::vector<AbsentUplink>& returned,
                                       const Opening& opening);

}  // namespace fieldweir
