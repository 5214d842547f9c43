#include "buffer/reader.h"

#include <algorithm>

#include "core/check.h"

#include "buffer/unpack.h"

namespace fieldweir {

// What lies between `after` and the tail's first batch left the tail before that batch was found,
// so it is committed, or acknowledged by everybody: the journal, asked afterwards, shows all of it.
Result<bool> Reader::next(Lane lane, Position after, DecodedBatch& out) {
  const Tail::Found found = parts_.tail.find(uplink_, lane, after);
  if (!found.newer) return false;
  if (found.slot == nullptr || !found.adjoins) {
    const Position before = found.slot != nullptr ? found.slot->header.position : Position{};
    const Result<bool> older = next_in_journal(lane, after, before, out);
    if (!older || older.value() || found.slot == nullptr) {
      if (found.slot != nullptr) parts_.tail.release(uplink_, *found.slot, false);
      return older;
    }
  }
  Result<> decoded = decode(found.slot->bytes(), out);
  if (decoded) decoded = date(after, out);
  if (!decoded) mark_damaged(lane, found.slot->header.position, found.slot->header.rows, out);
  parts_.tail.release(uplink_, *found.slot, true);
  return true;
}

Result<bool> Reader::next_in_journal(Lane lane, Position after, Position before,
                                     DecodedBatch& out) {
  const unsigned generation = parts_.journal.generation();
  const auto trusted = [&] {
    return !parts_.journal.suspected() && parts_.journal.generation() == generation;
  };
  if (!trusted()) return error(Reason::corrupt, "the journal is being mended");
  const Result<JournalReader::Row> row = journal_.next(lane, after);
  // what is not there may only not yet be taken over
  if (row && !trusted()) {
    journal_.done();
    return error(Reason::corrupt, "the journal is being mended");
  }
  if (!row) {
    if (row.error().reason == Reason::corrupt) {
      parts_.journal.suspect();
      parts_.recorder.ring();
    }
    return row.error();
  }
  const JournalReader::Row& batch = row.value();
  const Position position = position_of(batch.id, after.stream);
  if (batch.id == 0 || (before != Position{} && position >= before)) {
    journal_.done();
    return false;
  }
  Result<> decoded = decode(batch.payload, out);
  const std::uint32_t rows = batch.rows;
  journal_.done();
  if (decoded && (row_id(out.lane, out.position) != batch.id || header_.rows != rows))
    decoded = error(Reason::corrupt, "a batch under another one's number");
  if (decoded && rows > 0) decoded = find_names(out);
  if (decoded) decoded = date(after, out);
  if (!decoded && decoded.error().reason != Reason::corrupt) return decoded.error();
  if (!decoded) mark_damaged(lane, position, rows, out);
  return true;
}

Result<> Reader::decode(std::span<const std::byte> bytes, DecodedBatch& out) {
  if (auto r = unpack(bytes, decoder_, header_, out); !r) return r;
  out.signals = &parts_.signals;
  return {};
}

Result<> Reader::find_names(DecodedBatch& out) {
  if (out.position.epoch != parts_.epoch) {
    const Result<const SignalTable*> signals = journal_.signals(out.position.epoch);
    if (!signals) return signals.error();
    if (signals.value() == nullptr) return error(Reason::corrupt, "its names are lost");
    out.signals = signals.value();
  }
  for (const Reading& reading : out.readings)
    if (reading.signal >= out.signals->size())
      return error(Reason::corrupt, "a signal without a name");
  return {};
}

/// A mark that reaches over the end of a run has times of several clocks: it stays as it is.
Result<> Reader::date(Position after, DecodedBatch& out) {
  const std::uint32_t epoch = out.position.epoch;
  if (out.clock_synchronised || out.replaces_from.epoch != epoch) return {};
  const FoundBatch found{out.lane, after, out.position};
  std::optional<Duration> correction;
  if (epoch == parts_.epoch) {
    correction = parts_.dating.correction(uplink_, found);
  } else {
    const Result<const RunClock*> run = journal_.clock(epoch);
    if (!run) return run.error();
    if (run.value() != nullptr) correction = parts_.dating.correction(uplink_, found, *run.value());
  }
  if (correction) correct_times(out, *correction);
  return {};
}

void Reader::mark_damaged(Lane lane, Position position, std::uint32_t rows, DecodedBatch& out) {
  out.lane = lane;
  out.position = out.replaces_from = position;
  out.interval = 0;
  out.readings.clear();
  out.thinned.clear();
  out.texts.clear();
  out.gaps.assign(1, Gap{0, 0, rows, Reason::corrupt});
  out.signals = &parts_.signals;
  const bool known = std::any_of(damaged_.begin(), damaged_.end(), [&](const Damaged& d) {
    return d.lane == lane && d.position == position;
  });
  if (!known && damaged_.size() < most_ahead) damaged_.push_back({lane, position, rows});
}

void Reader::acknowledge(Lane lane, Cursor cursor, Outcome outcome) {
  const Position from = parts_.tail.cursor_at(uplink_, lane, cursor.acknowledged).acknowledged;
  std::erase_if(damaged_, [&](const Damaged& d) {
    if (d.lane != lane || d.position <= from || d.position > cursor.acknowledged) return false;
    parts_.tail.dropped(uplink_, Reason::corrupt, d.rows);
    return true;
  });
  parts_.tail.acknowledge(uplink_, lane, cursor, outcome);
}

// The part as a batch of its own, so that it can be read without the rest. No part of the data
// path: it may allocate.
void Reader::dead_letter(const DecodedBatch& part, std::string_view why) {
  FIELDWEIR_CHECK(part.readings.size() <= 1);
  BatchHeader header;
  header.lane = part.lane;
  header.position = part.position;
  header.replaces_from = part.replaces_from;
  header.clock_synchronised = part.clock_synchronised;
  header.interval = part.interval;
  for (const Gap& gap : part.gaps) header.gaps.add(gap);
  std::vector<Reading> readings = part.readings;
  std::vector<Thinned> thinned;
  std::vector<BatchText> texts;
  SignalId highest = 0;
  for (Reading& reading : readings) {
    highest = reading.signal;
    const Thinned* const stands_for = part.thinned_of(reading);
    std::uint64_t& bits =
        stands_for != nullptr ? thinned.emplace_back(*stands_for).bits : reading.bits;
    if (stands_for != nullptr) reading.bits = 0;
    if (reading.kind != Kind::text) continue;
    texts.push_back(part.texts[bits]);
    bits = 0;
  }
  std::vector<std::byte> bytes(encoded_max(3));
  Encoder encoder(1, highest + 1u);
  bytes.resize(encoder.encode(header, readings, thinned, texts, bytes));
  parts_.dead_letters.put(uplink_, why, bytes);
  parts_.recorder.ring();
}

}  // namespace fieldweir
