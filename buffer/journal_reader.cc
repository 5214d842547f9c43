#include "buffer/journal_reader.h"

#include <algorithm>

#include "buffer/bytes.h"

namespace fieldweir {

Result<> JournalReader::open() {
  const unsigned generation = journal_.generation();
  if (database_.is_open() && generation == generation_) return {};
  close();
  const JournalPlace& place = journal_.place();
  Result<> opened = database_.open(place.path.c_str(), Database::Access::read, place.vfs);
  if (opened) opened = database_.run("PRAGMA cache_size=-64");
  if (opened)
    opened = next_.prepare(database_,
                           "SELECT id, rows, payload FROM batch WHERE id > ? AND id <= ? "
                           "ORDER BY id LIMIT 1");
  if (opened) opened = run_.prepare(database_, "SELECT chunks FROM run WHERE epoch = ?");
  if (opened) opened = names_.prepare(database_, "SELECT content FROM names WHERE hash = ?");
  if (opened) opened = state_.prepare(database_, "SELECT value FROM state WHERE name = ?");
  if (!opened) close();
  generation_ = generation;
  return opened;
}

void JournalReader::close() {
  for (Statement* statement : {&next_, &run_, &names_, &state_}) statement->close();
  database_.close();
}

Result<JournalReader::Row> JournalReader::next(Lane lane, Position after) {
  if (auto r = open(); !r) return r.error();
  const Result<bool> row = next_.bind(1, row_id(lane, after)).bind(2, last_row(lane)).step();
  if (!row) {
    const Error why = row.error();
    close();
    return why;
  }
  if (!row.value()) {
    next_.reset();
    return Row{};
  }
  return Row{next_.integer(0), static_cast<std::uint32_t>(next_.integer(1)), next_.bytes(2)};
}

Result<const SignalTable*> JournalReader::signals(std::uint32_t epoch) {
  if (auto r = open(); !r) return r.error();
  if (epoch != epoch_ || table_ == nullptr) {
    epoch_ = epoch;
    const Result<> loaded = load(epoch);
    run_.reset();
    names_.reset();
    if (!loaded) {
      table_.reset();
      if (loaded.error().reason != Reason::corrupt) return loaded.error();
    }
  }
  return static_cast<const SignalTable*>(table_.get());
}

Result<> JournalReader::load(std::uint32_t epoch) {
  const Result<bool> run = run_.bind(1, epoch).step();
  if (!run) return run.error();
  if (!run.value()) return error(Reason::corrupt, "no names of run %u", epoch);
  const std::span<const std::byte> chunks = run_.bytes(0);
  if (table_ != nullptr && std::equal(chunks.begin(), chunks.end(), chunks_.begin(), chunks_.end()))
    return {};
  chunks_.assign(chunks.begin(), chunks.end());
  std::vector<SignalTable::Signal> signals;
  ByteReader hashes(chunks_);
  while (!hashes.at_end()) {
    const Result<bool> row = names_.bind(1, static_cast<std::int64_t>(hashes.fixed(8))).step();
    if (!row) return row.error();
    if (!row.value() || !decode_names(names_.bytes(0), signals))
      return error(Reason::corrupt, "names of run %u are damaged", epoch);
    names_.reset();
  }
  table_ = table_of(signals);
  return {};
}

// What is known never changes; what is not may be by now.
Result<const RunClock*> JournalReader::clock(std::uint32_t epoch) {
  if (auto r = open(); !r) return r.error();
  if (epoch != clock_epoch_ || !clock_ || !clock_->booted) {
    const std::string name = clock_row(epoch);
    const Result<bool> row = state_.bind(1, std::string_view(name)).step();
    if (!row) return row.error();
    clock_epoch_ = epoch;
    clock_ = row.value() ? decode_clock(state_.bytes(0)) : std::nullopt;
    state_.reset();
  }
  return clock_ ? &*clock_ : static_cast<const RunClock*>(nullptr);
}

}  // namespace fieldweir
