#include "buffer/opening_books.h"

#include <algorithm>

namespace fieldweir {
namespace {

using Positions = std::array<Position, lane_count>;

/// Readings that the journal holds for an uplink, behind `after`, up to `through`.
std::uint64_t held(Journal& journal, const UplinkBooks& books, const Positions& after,
                   const Positions& through) {
  std::uint64_t sum = 0;
  for (std::size_t lane = 0; lane < lane_count; ++lane) {
    const auto readings = journal.owed(static_cast<Lane>(lane), books, after[lane], through[lane]);
    if (readings) sum += readings.value();
  }
  return sum;
}

/// What a damaged journal still holds for an uplink may be less than was queued, or more if the
/// count was lost.
void count_again(std::uint64_t owed, UplinkTotals& totals) {
  if (totals.queued > owed)
    totals.drop(Reason::corrupt, totals.queued - owed);
  else
    totals.batched += owed - totals.queued;
  totals.queued = owed;
}

void come_back(Journal& journal, const Positions& went, const Positions& end, UplinkBooks& books) {
  // what was dropped for want of room was counted then: what is missing now was damaged
  count_again(held(journal, books, {}, went), books.totals);
  const std::uint64_t since = held(journal, books, went, end);
  books.totals.batched += since;
  books.totals.queued += since;
}

}  // namespace

UplinkBooks new_books(const Opening& opening) {
  UplinkBooks books;
  for (LogReader::Cursor& cursor : books.cursors)
    cursor.acknowledged = {opening.run.stream, opening.damaged ? 0 : opening.run.epoch, 0};
  return books;
}

std::vector<UplinkBooks> opening_books(Journal& journal, const std::vector<std::string>& uplinks,
                                       const std::vector<AbsentUplink>& returned,
                                       const Opening& opening) {
  const Position before_all{opening.run.stream, opening.run.epoch, 0};
  const Positions end{before_all, before_all};
  std::vector<UplinkBooks> all;
  for (const std::string& name : uplinks) {
    const auto stored = journal.state("uplink/" + name);
    const auto known = stored ? read_books(stored.value()) : std::nullopt;
    // what is there and cannot be read is lost; what is not there is new
    const bool damaged = opening.damaged || !stored || (!known && !stored.value().empty());
    UplinkBooks& books = all.emplace_back(known.value_or(new_books({opening.run, damaged})));
    const auto back = std::find_if(returned.begin(), returned.end(),
                                   [&](const AbsentUplink& r) { return r.name == name; });
    if (back != returned.end())
      come_back(journal, back->absence.last, end, books);
    else if (damaged)
      count_again(held(journal, books, {}, end), books.totals);
  }
  return all;
}

}  // namespace fieldweir
