#include "buffer/inspection.h"

#include <algorithm>
#include <cinttypes>
#include <filesystem>

#include "buffer/unpack.h"

namespace fieldweir {
namespace {

constexpr const char* of_a_lane = " FROM batch WHERE id BETWEEN ? AND ?";

/// Steps to the next row, if `ready`.
Result<bool> step(const Result<>& ready, Statement& select) {
  if (!ready) return ready.error();
  return select.step();
}

}  // namespace

Result<> Inspection::open() {
  const std::string& path = journal_.place().path;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return error(Reason::refused, "there is no journal at %s", path.c_str());
  if (auto r = database_.open(path.c_str(), Database::Access::read, nullptr); !r) return r;
  const auto tables = database_.number(
      "SELECT count(*) FROM sqlite_master WHERE name IN ('batch', 'run', 'state', 'dead_letter')");
  if (!tables) return tables.error();
  if (tables.value() != 4) return error(Reason::corrupt, "%s is no journal", path.c_str());
  return {};
}

// --- what is in it

Result<JournalContents> Inspection::contents() {
  JournalContents contents;
  if (auto r = select_runs(contents); !r) return r.error();
  if (auto r = select_uplinks(contents); !r) return r.error();
  for (int i = 0; i < lane_count; ++i) {
    const auto lane = select_lane(static_cast<Lane>(i));
    if (!lane) return lane.error();
    contents.lanes[static_cast<std::size_t>(i)] = lane.value();
  }
  if (auto r = select_dead_letters(contents); !r) return r.error();
  return contents;
}

Result<> Inspection::select_runs(JournalContents& contents) {
  Statement select;
  const Result<> ready =
      select.prepare(database_, "SELECT epoch, stream, ended FROM run ORDER BY epoch");
  for (;;) {
    const Result<bool> row = step(ready, select);
    if (!row) return row.error();
    if (!row.value()) return {};
    contents.runs.push_back({static_cast<std::uint32_t>(select.integer(0)),
                             static_cast<std::uint32_t>(select.integer(1)),
                             (select.integer(2) & 1) != 0, (select.integer(2) & 2) != 0});
  }
}

Result<> Inspection::select_uplinks(JournalContents& contents) {
  Statement select;
  const Result<> ready = select.prepare(
      database_,
      "SELECT substr(name, 8), value, EXISTS(SELECT 1 FROM state AS away WHERE away.name = "
      "'absent/' || substr(uplink.name, 8)) FROM state AS uplink "
      "WHERE name >= 'uplink/' AND name < 'uplink0'");
  for (;;) {
    const Result<bool> row = step(ready, select);
    if (!row) return row.error();
    if (!row.value()) return {};
    contents.uplinks.push_back({std::string(select.text(0)), select.integer(2) != 0,
                                read_books(select.bytes(1)).value_or(UplinkBooks{})});
  }
}

Result<LaneContents> Inspection::select_lane(Lane lane) {
  LaneContents contents;
  Statement sums;
  const std::string counted =
      std::string("SELECT count(*), sum(rows = 0), sum(rows), sum(length(payload))") + of_a_lane;
  const Result<> ready = sums.prepare(database_, counted.c_str());
  if (ready) sums.bind(1, row_id(lane, {})).bind(2, last_row(lane));
  const Result<bool> row = step(ready, sums);
  if (!row) return row.error();
  contents.batches = static_cast<std::uint64_t>(sums.integer(0));
  contents.marks = static_cast<std::uint64_t>(sums.integer(1));
  contents.readings = static_cast<std::uint64_t>(sums.integer(2));
  contents.bytes = static_cast<std::uint64_t>(sums.integer(3));
  for (const bool newest : {false, true}) {
    Statement end;
    const std::string first = std::string("SELECT id, payload") + of_a_lane +
                              " AND rows > 0 ORDER BY id" + (newest ? " DESC" : "") + " LIMIT 1";
    const Result<> made = end.prepare(database_, first.c_str());
    if (made) end.bind(1, row_id(lane, {})).bind(2, last_row(lane));
    const Result<bool> found = step(made, end);
    if (!found) return found.error();
    if (!found.value()) continue;
    (newest ? contents.newest : contents.oldest) = position_of(end.integer(0), 0);
    BatchHeader header;
    if (decode_header(end.bytes(1), header))
      (newest ? contents.to : contents.from) = newest ? header.to : header.from;
  }
  return contents;
}

Result<> Inspection::select_dead_letters(JournalContents& contents) {
  Statement select;
  const Result<> ready = select.prepare(
      database_,
      "SELECT uplink, why, count(*), sum(length(payload)) FROM dead_letter GROUP BY 1, 2");
  for (;;) {
    const Result<bool> row = step(ready, select);
    if (!row) return row.error();
    if (!row.value()) return {};
    contents.dead_letters.push_back({std::string(select.text(0)), std::string(select.text(1)),
                                     static_cast<std::uint64_t>(select.integer(2)),
                                     static_cast<std::uint64_t>(select.integer(3))});
  }
}

// --- batches

Result<> Inspection::decode(RowId id, std::uint32_t rows, std::span<const std::byte> payload,
                            DecodedBatch& out) {
  if (auto r = unpack(payload, decoder_, header_, out); !r) return r;
  if (row_id(out.lane, out.position) != id || header_.rows != rows)
    return error(Reason::corrupt, "a batch under another one's number");
  const auto signals = reader_.signals(out.position.epoch);
  if (!signals) return signals.error();
  if (out.readings.empty()) return {};
  if (signals.value() == nullptr) return error(Reason::corrupt, "its names are lost");
  out.signals = signals.value();
  for (const Reading& reading : out.readings)
    if (reading.signal >= out.signals->size())
      return error(Reason::corrupt, "a signal without a name");
  return {};
}

Result<bool> Inspection::next(Lane lane, Position after, DecodedBatch& out) {
  for (;;) {
    const auto row = reader_.next(lane, after);
    if (!row) return row.error();
    if (row.value().id == 0) return false;
    const Result<> decoded = decode(row.value().id, row.value().rows, row.value().payload, out);
    after = position_of(row.value().id, 0);
    reader_.done();
    if (!decoded && decoded.error().reason != Reason::corrupt) return decoded.error();
    if (!decoded) {
      ++unreadable_;
      continue;
    }
    if (out.clock_synchronised || out.replaces_from.epoch != out.position.epoch) return true;
    const auto clock = reader_.clock(out.position.epoch);
    if (!clock) return clock.error();
    if (clock.value() != nullptr && clock.value()->booted)
      correct_times(out, *clock.value()->booted - clock.value()->boot.at);
    return true;
  }
}

Result<bool> Inspection::next_dead_letter(std::int64_t& after, DeadLetter& letter,
                                          DecodedBatch& out) {
  Statement select;
  const Result<> ready = select.prepare(
      database_,
      "SELECT id, uplink, why, payload FROM dead_letter WHERE id > ? ORDER BY id LIMIT 1");
  if (ready) select.bind(1, after);
  const Result<bool> row = step(ready, select);
  if (!row || !row.value()) return row;
  after = select.integer(0);
  letter.uplink = select.text(1);
  letter.why = select.text(2);
  Result<> decoded = unpack(select.bytes(3), decoder_, header_, out);
  if (decoded) decoded = decode(row_id(out.lane, out.position), header_.rows, select.bytes(3), out);
  if (!decoded) {
    out.readings.clear();
    ++unreadable_;
  }
  return true;
}

// --- whether it is whole

struct Inspection::Tally {
  const std::function<void(const std::string&)>& wrong;
  const JournalContents& contents;
  DecodedBatch batch{0};
  JournalTotals totals{};
  std::vector<std::uint64_t> owed;  // per uplink
};

Result<std::uint64_t> Inspection::verify(const std::function<void(const std::string&)>& wrong) {
  if (auto r = database_.run("BEGIN"); !r) return r.error();
  const auto found = contents();
  if (!found) return found.error();
  Tally tally{wrong, found.value()};
  tally.owed.resize(found.value().uplinks.size());
  Statement select;
  const Result<> ready =
      select.prepare(database_, "SELECT id, rows, payload FROM batch ORDER BY id");
  for (;;) {
    const Result<bool> row = step(ready, select);
    if (!row) return row.error();
    if (!row.value()) break;
    if (auto r = check_row(select, tally); !r) return r.error();
  }
  const auto lanes = state("lanes");
  if (!lanes) return lanes.error();
  const JournalTotals known = read_totals(lanes.value()).value_or(JournalTotals{});
  std::uint64_t batches = 0;
  for (std::size_t i = 0; i < lane_count; ++i) {
    batches += tally.totals[i].batches;
    if (known[i].batches != tally.totals[i].batches || known[i].bytes != tally.totals[i].bytes)
      wrong("lane " + std::string(to_string(static_cast<Lane>(i))) + ": " +
            std::to_string(tally.totals[i].batches) + " batches of " +
            std::to_string(tally.totals[i].bytes) + " bytes, counted as " +
            std::to_string(known[i].batches) + " of " + std::to_string(known[i].bytes));
  }
  compare(found.value(), tally);
  return batches;
}

Result<> Inspection::check_row(const Statement& row, Tally& tally) {
  const RowId id = row.integer(0);
  const auto rows = static_cast<std::uint32_t>(row.integer(1));
  const Lane lane = lane_of(id);
  const Position position = position_of(id, 0);
  LaneTotals& totals = tally.totals[static_cast<std::size_t>(lane)];
  ++totals.batches;
  totals.bytes += row.bytes(2).size();
  for (std::size_t i = 0; i < tally.owed.size(); ++i)
    if (!tally.contents.uplinks[i].books.done(static_cast<std::size_t>(lane), position))
      tally.owed[i] += rows;
  const Result<> decoded = decode(id, rows, row.bytes(2), tally.batch);
  if (decoded) return {};
  if (decoded.error().reason != Reason::corrupt) return decoded;
  char place[64];
  std::snprintf(place, sizeof place, "%s %" PRIu32 "/%" PRIu64 ": ",
                std::string(to_string(lane)).c_str(), position.epoch, position.seq);
  tally.wrong(place + std::string(decoded.error().text.view()));
  return {};
}

/// An absent uplink is not owed what came later.
void Inspection::compare(const JournalContents& contents, Tally& tally) {
  for (std::size_t i = 0; i < contents.uplinks.size(); ++i) {
    const JournalContents::Uplink& uplink = contents.uplinks[i];
    const UplinkTotals& totals = uplink.books.totals;
    if (!totals.balanced()) tally.wrong("uplink " + uplink.name + ": its counts do not add up");
    if (uplink.absent ? tally.owed[i] < totals.queued : tally.owed[i] != totals.queued)
      tally.wrong("uplink " + uplink.name + ": " + std::to_string(totals.queued) +
                  " readings counted as queued, " + std::to_string(tally.owed[i]) + " are there");
  }
}

Result<std::vector<std::byte>> Inspection::state(const std::string& name) {
  Statement select;
  const Result<> ready = select.prepare(database_, "SELECT value FROM state WHERE name = ?");
  if (ready) select.bind(1, std::string_view(name));
  const Result<bool> row = step(ready, select);
  if (!row) return row.error();
  if (!row.value()) return std::vector<std::byte>();
  return std::vector<std::byte>(select.bytes(0).begin(), select.bytes(0).end());
}

}  // namespace fieldweir
