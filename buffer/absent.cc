#include "buffer/absent.h"

#include <algorithm>
#include <filesystem>

#include "buffer/lock_file.h"

namespace fieldweir {

Result<FoundAbsent> find_absent(Journal& journal, const std::vector<std::string>& uplinks, Time now,
                                const Ages& ages) {
  const auto known = journal.uplinks();
  if (!known) return known.error();
  Absence from_now;
  from_now.since = ages.synchronised ? now : 0;
  for (std::size_t i = 0; i < lane_count; ++i) {
    const auto last = journal.last(static_cast<Lane>(i));
    if (!last) return last.error();
    from_now.last[i] = last.value();
  }
  FoundAbsent found;
  for (const std::string& name : known.value()) {
    const auto books = journal.state("uplink/" + name);
    if (!books) return books.error();
    const auto absence = journal.state("absent/" + name);
    if (!absence) return absence.error();
    AbsentUplink uplink{name, read_absence(absence.value()).value_or(from_now),
                        read_books(books.value()).value_or(UplinkBooks{})};
    if (uplink.absence.since == 0) uplink.absence.since = from_now.since;
    if (std::find(uplinks.begin(), uplinks.end(), name) == uplinks.end())
      found.away.push_back(uplink);
    else if (!absence.value().empty())
      found.returned.push_back(uplink);
  }
  return found;
}

Result<> put_absent(Journal& journal, const AbsentUplink& uplink) {
  if (auto r = journal.put_state("uplink/" + uplink.name, StateBytes::of(uplink.books).bytes()); !r)
    return r;
  return journal.put_state("absent/" + uplink.name, StateBytes::of(uplink.absence).bytes());
}

Result<> put_present(Journal& journal, const std::vector<std::string>& uplinks) {
  for (const std::string& name : uplinks)
    if (auto r = journal.remove_state("absent/" + name); !r) return r;
  return {};
}

Result<> give_up(Journal& journal, const std::string& name) {
  if (auto r = journal.remove_state("uplink/" + name); !r) return r;
  return journal.remove_state("absent/" + name);
}

Result<std::uint64_t> forget_uplink(const JournalPlace& place, const std::string& name) {
  std::error_code ignored;
  if (!std::filesystem::exists(place.path, ignored))
    return error(Reason::refused, "there is no journal at %s", place.path.c_str());
  LockFile lock;
  if (auto r = lock.lock(place.path + ".lock"); !r) return r.error();
  Journal journal(place);
  if (auto r = journal.open(); !r) return r.error();
  const auto books = journal.state("uplink/" + name);
  if (!books) return books.error();
  if (books.value().empty()) {
    const auto known = journal.uplinks();
    if (!known) return known.error();
    std::string names;
    for (const std::string& other : known.value()) names += (names.empty() ? "" : ", ") + other;
    return error(Reason::refused, "the journal knows no uplink '%s', but: %s", name.c_str(),
                 names.empty() ? "none" : names.c_str());
  }
  if (auto r = journal.begin(); !r) return r.error();
  if (auto r = give_up(journal, name); !r) return r.error();
  if (auto r = journal.commit(); !r) return r.error();
  return read_books(books.value()).value_or(UplinkBooks{}).totals.queued;
}

KeptRange kept_for(std::span<const AbsentUplink> absent, Lane lane) {
  const auto i = static_cast<std::size_t>(lane);
  KeptRange kept;
  for (const AbsentUplink& uplink : absent) {
    if (!uplink.keeps(lane)) continue;
    const Position cursor = uplink.books.cursors[i].acknowledged;
    kept.after = kept.empty() ? cursor : std::min(kept.after, cursor);
    kept.through = std::max(kept.through, uplink.absence.last[i]);
  }
  return kept;
}

}  // namespace fieldweir
