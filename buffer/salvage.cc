#include "buffer/salvage.h"

#include <algorithm>
#include <vector>

#include "core/log.h"

namespace fieldweir {
namespace {

constexpr int rows_per_commit = 256;

/// Calls take(statement) for each row that can be read; false if take or reading failed.
template <class Take>
bool each(Database& from, const char* sql, Take take) {
  Statement select;
  if (!select.prepare(from, sql)) return false;
  for (;;) {
    const Result<bool> row = select.step();
    if (!row) return false;
    if (!row.value()) return true;
    if (!take(select)) return false;
  }
}

class Batches {
 public:
  explicit Batches(Journal& into) : into_(into) {}

  /// A damaged batch is taken too: whoever reads it finds a gap in its place.
  bool take(const Statement& row) {
    last = row.integer(0);
    if (taken % rows_per_commit == 0 && taken > 0 && !(into_.commit() && into_.begin()))
      return false;
    ++taken;
    return into_
        .put(lane_of(last), position_of(last, 0), static_cast<std::uint32_t>(row.integer(1)),
             row.bytes(2))
        .ok();
  }

  std::uint64_t taken = 0;
  RowId last = -1;

 private:
  Journal& into_;
};

/// Within an epoch numbers follow each other; where an epoch ends nobody knows how many there were.
void mark_hole(Journal& into, RowId below, RowId above, std::span<const UplinkBooks> books) {
  const Result<RunRow> run = into.run(position_of(above, 0).epoch);
  if (!run) return;
  const Position from = position_of(below + 1, run.value().stream);
  const Position to = position_of(above - 1, run.value().stream);
  if (below < 0 || lane_of(below) != lane_of(above) || from.epoch != to.epoch || from > to) return;
  static_cast<void>(mark_lost(into, lane_of(above), from, to, books));
}

using Positions = std::vector<Position>;

void add_starts(const UplinkBooks& books, Lane lane, Positions& cuts) {
  for (const AheadRange& range : books.ahead[static_cast<std::size_t>(lane)].ranges())
    cuts.push_back(range.after);
}

/// Of the uplinks that the journal knows, absent ones too, and of `books`, which may be newer.
Result<Positions> cuts_of(Journal& journal, Lane lane, std::span<const UplinkBooks> books) {
  Positions cuts;
  for (const UplinkBooks& of : books) add_starts(of, lane, cuts);
  const auto uplinks = journal.states("uplink/");
  if (!uplinks) return uplinks.error();
  for (const std::string& name : uplinks.value()) {
    const auto bytes = journal.state(name);
    if (!bytes) return bytes.error();
    if (const auto stored = read_books(bytes.value())) add_starts(*stored, lane, cuts);
  }
  const auto away = journal.states("absent/");
  if (!away) return away.error();
  for (const std::string& name : away.value()) {
    const auto bytes = journal.state(name);
    if (!bytes) return bytes.error();
    if (const auto absence = read_absence(bytes.value()))
      cuts.push_back(absence->last[static_cast<std::size_t>(lane)]);
  }
  std::ranges::sort(cuts);
  return cuts;
}

Result<> put_mark(Journal& into, Lane lane, Position from, Position to) {
  BatchHeader mark;
  mark.lane = lane;
  mark.position = to;
  mark.replaces_from = from;
  mark.gaps.add(Gap{0, 0, Gap::unknown, Reason::corrupt});
  std::array<std::byte, encoded_max(0)> bytes;
  const std::size_t size = encode_gaps(mark, bytes);
  return into.put(lane, to, 0, std::span(bytes).first(size));
}

}  // namespace

Result<> mark_lost(Journal& into, Lane lane, Position from, Position to,
                   std::span<const UplinkBooks> books) {
  const auto cuts = cuts_of(into, lane, books);
  if (!cuts) return cuts.error();
  for (const Position& cut : cuts.value()) {
    if (cut < from || cut >= to) continue;
    if (auto r = put_mark(into, lane, from, {to.stream, cut.epoch, cut.seq}); !r) return r;
    from.seq = cut.seq + 1;
  }
  return put_mark(into, lane, from, to);
}

bool salvage(Journal& into, std::span<const UplinkBooks> books) {
  Database from;
  if (!from.open(into.mending_path().c_str(), Database::Access::read, into.place().vfs) ||
      !into.begin()) {
    log(LogLevel::error, "journal", "nothing could be read of %s", into.aside().c_str());
    return false;
  }
  // cursors before batches: without them everything is sent again, which receivers can tell
  bool whole =
      each(from, "SELECT name, value FROM state WHERE name <> 'lanes'",
           [&](const Statement& row) { return into.put_state(row.text(0), row.bytes(1)).ok(); });
  whole &= each(from, "SELECT epoch, stream, ended, chunks FROM run", [&](const Statement& row) {
    return into
        .put_run(
            {static_cast<std::uint32_t>(row.integer(0)), static_cast<std::uint32_t>(row.integer(1)),
             (row.integer(2) & 1) != 0, (row.integer(2) & 2) != 0},
            row.bytes(3))
        .ok();
  });
  whole &= each(from, "SELECT hash, content FROM names", [&](const Statement& row) {
    return into.put_names(row.integer(0), row.bytes(1)).ok();
  });
  Batches batches(into);
  const auto take = [&](const Statement& row) { return batches.take(row); };
  // a broken page ends the way up; the way down reaches what lies behind it
  if (!each(from, "SELECT id, rows, payload FROM batch ORDER BY id", take)) {
    whole = false;
    const RowId below = batches.last;
    each(from, "SELECT id, rows, payload FROM batch ORDER BY id DESC",
         [&](const Statement& row) { return row.integer(0) > below && batches.take(row); });
    mark_hole(into, below, batches.last, books);
  }
  if (!into.commit()) into.roll_back();
  log(LogLevel::warning, "journal", "took over %llu batches of %s",
      static_cast<unsigned long long>(batches.taken), into.aside().c_str());
  return whole;
}

}  // namespace fieldweir
