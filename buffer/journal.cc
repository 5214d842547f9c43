#include "buffer/journal.h"

#include <algorithm>
#include <filesystem>

namespace fieldweir {

Result<> Journal::begin() {
  totals_before_ = totals_;
  return database_.run("BEGIN IMMEDIATE");
}

Result<> Journal::commit() {
  payload_.reset();
  if (auto r = put_state("lanes", StateBytes::of(totals_).bytes()); !r) return r;
  if (auto r = database_.run("COMMIT"); !r) return r;
  totals_before_ = totals_;
  return count_pages();
}

void Journal::roll_back() {
  payload_.reset();
  totals_ = totals_before_;
  // SQLite may have done it by itself: then this says so, and nothing is left to do
  if (is_open()) static_cast<void>(database_.run("ROLLBACK"));
}

void Journal::checkpoint() { static_cast<void>(database_.number("PRAGMA wal_checkpoint")); }

void Journal::make_way() {
  ballast_.release();
  if (is_open()) checkpoint();
}

Result<> Journal::put(Lane lane, Position position, std::uint32_t rows,
                      std::span<const std::byte> payload) {
  if (auto r = put_.bind(1, row_id(lane, position)).bind(2, rows).bind(3, payload).run(); !r)
    return r;
  if (database_.changes() == 0) return {};
  LaneTotals& totals = totals_[static_cast<std::size_t>(lane)];
  ++totals.batches;
  totals.bytes += payload.size();
  return {};
}

Result<> Journal::remove_rows(Lane lane, RowId first, RowId last) {
  const Result<bool> sums = sum_.bind(1, first).bind(2, last).step();
  if (!sums) return sums.error();
  const auto batches = static_cast<std::uint64_t>(sum_.integer(0));
  const auto bytes = static_cast<std::uint64_t>(sum_.integer(1));
  sum_.reset();
  if (batches == 0) return {};
  LaneTotals& totals = totals_[static_cast<std::size_t>(lane)];
  totals.batches -= std::min(batches, totals.batches);
  totals.bytes -= std::min(bytes, totals.bytes);
  return remove_.bind(1, first).bind(2, last).run();
}

Result<> Journal::put_run(const RunRow& run, std::span<const std::byte> chunks) {
  const std::int64_t flags =
      (run.ended ? RunRow::ended_flag : 0) | (run.synchronised ? RunRow::synchronised_flag : 0);
  return put_run_.bind(1, run.epoch).bind(2, run.stream).bind(3, flags).bind(4, chunks).run();
}

Result<> Journal::put_names(std::int64_t hash, std::span<const std::byte> chunk) {
  return put_names_.bind(1, hash).bind(2, chunk).run();
}

Result<> Journal::put_state(std::string_view name, std::span<const std::byte> value) {
  return put_state_.bind(1, name).bind(2, value).run();
}

Result<> Journal::remove_state(std::string_view name) { return remove_state_.bind(1, name).run(); }

Result<> Journal::put_dead_letter(std::string_view uplink, std::string_view why,
                                  std::span<const std::byte> payload) {
  return put_dead_letter_.bind(1, uplink).bind(2, why).bind(3, payload).run();
}

Result<> Journal::cut_dead_letters() {
  return cut_dead_letters_.bind(1, static_cast<std::int64_t>(place_.max_size / 8)).run();
}

Result<bool> Journal::remove(Lane lane, Position through, const KeptRange& kept) {
  const RowId none = row_id(lane, {});
  const RowId last = row_id(lane, through);
  const RowId below = kept.empty() ? last : std::min(last, row_id(lane, kept.after));
  const RowId above = kept.empty() ? last : row_id(lane, kept.through);
  Result<bool> more = remove_some(lane, none, below);
  if (more && !more.value()) more = remove_some(lane, above, last);
  if (!more) return more;
  // an empty lane counts as empty, whatever a damaged state said
  const Result<Row> left = row_after(lane, none);
  if (!left) return left.error();
  if (left.value().id == 0) totals_[static_cast<std::size_t>(lane)] = {};
  return more;
}

Result<bool> Journal::remove_some(Lane lane, RowId after, RowId last) {
  const Result<Row> oldest = row_after(lane, after);
  if (!oldest) return oldest.error();
  if (oldest.value().id == 0 || oldest.value().id > last) return false;
  const Result<Row> cut = row_after(lane, after, most_removed);
  if (!cut) return cut.error();
  const bool more = cut.value().id != 0 && cut.value().id <= last;
  if (auto r = remove_rows(lane, after + 1, more ? cut.value().id - 1 : last); !r) return r.error();
  return more;
}

Result<> Journal::remove_unused(std::uint32_t epoch) {
  // counts may be damaged, and without its names no batch can be read
  const auto needed =
      database_.number("SELECT EXISTS(SELECT 1 FROM batch) OR EXISTS(SELECT 1 FROM dead_letter)");
  // somebody may want to read the letters; and a damaged page of theirs is no reason to fail
  if (!needed || needed.value() != 0) return {};
  Statement runs;
  if (auto r = runs.prepare(database_, "DELETE FROM run WHERE epoch <> ?"); !r) return r;
  if (auto r = runs.bind(1, epoch).run(); !r) return r;
  const auto clocks = states("clock/");
  if (!clocks) return clocks.error();
  for (const std::string& name : clocks.value())
    if (name != "clock/" + std::to_string(epoch))
      if (auto r = remove_state(name); !r) return r;
  return database_.run("DELETE FROM names");
}

Result<std::uint64_t> Journal::room(bool within_file) {
  if (auto r = count_pages(); !r) return r.error();
  low_ = place_.min_free > 0 && place_.free_bytes(place_.path) < place_.min_free;
  const std::uint64_t most = low_ || within_file ? file_bytes_ : most_pages() * page_bytes;
  return most > database_bytes_ ? most - database_bytes_ : 0;
}

Result<> Journal::count_pages() {
  const auto pages = database_.number("PRAGMA page_count");
  if (!pages) return pages.error();
  const auto free = database_.number("PRAGMA freelist_count");
  if (!free) return free.error();
  file_bytes_ = static_cast<std::uint64_t>(pages.value()) * page_bytes;
  database_bytes_ = static_cast<std::uint64_t>(pages.value() - free.value()) * page_bytes;
  return {};
}

std::uint64_t Journal::wal_size() const {
  std::error_code absent;
  const auto size = std::filesystem::file_size(place_.path + "-wal", absent);
  return absent ? 0 : size;
}

std::uint64_t Journal::bytes_written() const {
  return (pages_before_ + database_.pages_written()) * frame_bytes;
}

}  // namespace fieldweir
