// What the journal says of what it holds.

#include <algorithm>

#include "buffer/bytes.h"
#include "buffer/journal.h"

namespace fieldweir {

namespace {

Result<RunRow> read_run(Statement& select) {
  const Result<bool> row = select.step();
  if (!row) return row.error();
  if (!row.value()) return RunRow{};
  const std::int64_t flags = select.integer(2);
  return RunRow{static_cast<std::uint32_t>(select.integer(0)),
                static_cast<std::uint32_t>(select.integer(1)), (flags & RunRow::ended_flag) != 0,
                (flags & RunRow::synchronised_flag) != 0};
}

}  // namespace

Result<RunRow> Journal::last_run() {
  Statement select;
  if (auto r = select.prepare(database_,
                              "SELECT epoch, stream, ended FROM run "
                              "ORDER BY epoch DESC LIMIT 1");
      !r)
    return r.error();
  return read_run(select);
}

Result<RunRow> Journal::run(std::uint32_t epoch) {
  Statement select;
  if (auto r = select.prepare(database_, "SELECT epoch, stream, ended FROM run WHERE epoch = ?");
      !r)
    return r.error();
  return read_run(select.bind(1, epoch));
}

std::unique_ptr<SignalTable> Journal::signals(std::uint32_t epoch) {
  Statement run, names;
  if (!run.prepare(database_, "SELECT chunks FROM run WHERE epoch = ?") ||
      !names.prepare(database_, "SELECT content FROM names WHERE hash = ?"))
    return nullptr;
  const Result<bool> known = run.bind(1, epoch).step();
  if (!known || !known.value()) return nullptr;
  std::vector<SignalTable::Signal> signals;
  for (ByteReader hashes(run.bytes(0)); !hashes.at_end(); names.reset()) {
    const Result<bool> row = names.bind(1, static_cast<std::int64_t>(hashes.fixed(8))).step();
    if (!row || !row.value() || !decode_names(names.bytes(0), signals)) return nullptr;
  }
  return table_of(signals);
}

Result<Position> Journal::last(Lane lane) {
  Statement select;
  if (auto r = select.prepare(database_,
                              "SELECT id, (SELECT stream FROM run WHERE "
                              "epoch = id >> 38 & 16777215) FROM batch "
                              "WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1");
      !r)
    return r.error();
  static_assert(seq_bits == 38 && epoch_bits == 24);
  select.bind(1, row_id(lane, {})).bind(2, last_row(lane));
  const Result<bool> row = select.step();
  if (!row) return row.error();
  if (!row.value()) return Position{};
  return position_of(select.integer(0), static_cast<std::uint32_t>(select.integer(1)));
}

Result<std::uint64_t> Journal::readings(Lane lane, Position after, Position through) {
  Statement select;
  if (auto r = select.prepare(database_, "SELECT sum(rows) FROM batch WHERE id > ? AND id <= ?");
      !r)
    return r.error();
  const Result<bool> row =
      select.bind(1, row_id(lane, after)).bind(2, row_id(lane, through)).step();
  if (!row) return row.error();
  return static_cast<std::uint64_t>(select.integer(0));
}

Result<std::uint64_t> Journal::owed(Lane lane, const UplinkBooks& books, Position after,
                                    Position through) {
  const auto l = static_cast<std::size_t>(lane);
  std::uint64_t sum = 0;
  Position from = std::max(after, books.cursors[l].acknowledged);
  const auto add = [&](Position up_to) -> Result<> {
    if (up_to <= from) return {};
    const auto found = readings(lane, from, up_to);
    if (!found) return found.error();
    sum += found.value();
    return {};
  };
  for (const AheadRange& range : books.ahead[l].ranges()) {
    if (auto r = add(std::min(range.after, through)); !r) return r.error();
    from = std::max(from, range.cursor.acknowledged);
  }
  if (auto r = add(through); !r) return r.error();
  return sum;
}

Result<std::vector<std::byte>> Journal::state(std::string_view name) {
  Statement select;
  if (auto r = select.prepare(database_, "SELECT value FROM state WHERE name = ?"); !r)
    return r.error();
  const Result<bool> row = select.bind(1, name).step();
  if (!row) return row.error();
  if (!row.value()) return std::vector<std::byte>();
  const std::span<const std::byte> value = select.bytes(0);
  return std::vector<std::byte>(value.begin(), value.end());
}

Result<std::vector<std::string>> Journal::uplinks() {
  constexpr std::string_view prefix = "uplink/";
  auto names = states(prefix);
  if (!names) return names.error();
  std::vector<std::string> uplinks = names.value();
  for (std::string& name : uplinks) name.erase(0, prefix.size());
  return uplinks;
}

Result<std::vector<std::string>> Journal::states(std::string_view prefix) {
  Statement select;
  if (auto r = select.prepare(database_, "SELECT name FROM state WHERE name >= ? AND name < ?"); !r)
    return r.error();
  std::string end(prefix);
  ++end.back();
  select.bind(1, prefix).bind(2, std::string_view(end));
  std::vector<std::string> names;
  for (;;) {
    const Result<bool> row = select.step();
    if (!row) return row.error();
    if (!row.value()) return names;
    names.emplace_back(select.text(0));
  }
}

Result<Journal::Row> Journal::row_after(Lane lane, RowId id, std::int64_t skip) {
  const Result<bool> row = row_after_.bind(1, id).bind(2, last_row(lane)).bind(3, skip).step();
  if (!row) return row.error();
  Row found;
  if (row.value())
    found = {row_after_.integer(0), static_cast<std::size_t>(row_after_.integer(1)),
             static_cast<std::uint32_t>(row_after_.integer(2))};
  row_after_.reset();
  return found;
}

Result<Journal::Row> Journal::row_before(Lane lane, RowId id) {
  const Result<bool> row = row_before_.bind(1, id).bind(2, row_id(lane, {})).step();
  if (!row) return row.error();
  Row found;
  if (row.value())
    found = {row_before_.integer(0), static_cast<std::size_t>(row_before_.integer(1)),
             static_cast<std::uint32_t>(row_before_.integer(2))};
  row_before_.reset();
  return found;
}

Result<std::span<const std::byte>> Journal::payload(RowId id) {
  payload_.reset();
  const Result<bool> row = payload_.bind(1, id).step();
  if (!row) return row.error();
  return row.value() ? payload_.bytes(0) : std::span<const std::byte>();
}

}  // namespace fieldweir
