// absent: uplinks that the journal knows and this run does not run: removed from the configuration,
// renamed, or `enabled: false`. What they were owed when they went stays for them, and nothing
// newer, until they come back, somebody gives them up (`fieldweir journal forget`) or they have
// been away for `buffer.max_age`. They pin nothing: a full journal drops what they are owed like
// anything else, and that is counted.
//
// In the journal an absent uplink has its row "uplink/<name>", as it left it, and "absent/<name>".
// Values; the functions that write belong into the caller's transaction.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "buffer/age.h"
#include "buffer/journal.h"

namespace fieldweir {

struct AbsentUplink {
  std::string name;
  Absence absence;
  UplinkBooks books;

  bool keeps(Lane lane) const {
    const auto i = static_cast<std::size_t>(lane);
    return books.cursors[i].acknowledged < absence.last[i];
  }
  /// Whether a batch at `position` is kept for it.
  bool is_owed(Lane lane, Position position) const {
    const auto i = static_cast<std::size_t>(lane);
    return !books.done(i, position) && position <= absence.last[i];
  }
  Duration age(const Ages& ages, Time now) const {
    return ages.of_earlier(absence.since, absence.since != 0, now);
  }
};

struct FoundAbsent {
  std::vector<AbsentUplink> away;
  std::vector<AbsentUplink> returned;  // were away until now
};

/// Sorts what the journal knows by the names of the uplinks that are run. Those that are away for
/// the first time went at `now`.
Result<FoundAbsent> find_absent(Journal& journal, const std::vector<std::string>& uplinks, Time now,
                                const Ages& ages);

Result<> put_absent(Journal& journal, const AbsentUplink& uplink);
/// Those that are run are not away any more.
Result<> put_present(Journal& journal, const std::vector<std::string>& uplinks);
/// Cursor and counts too.
Result<> give_up(Journal& journal, const std::string& name);

/// For an uplink that will not come back, while no gateway runs: gives it up; what was kept for it
/// goes with the next run. How many readings it was owed. Error `locked`: a gateway runs;
/// `refused`: there is no such journal, or no such uplink in it.
Result<std::uint64_t> forget_uplink(const JournalPlace& place, const std::string& name);

/// What of a lane is kept for them: all that lies between the first of them that went and the last.
KeptRange kept_for(std::span<const AbsentUplink> absent, Lane lane);

}  // namespace fieldweir
