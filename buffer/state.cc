#include "buffer/state.h"

#include "buffer/bytes.h"
#include "buffer/row.h"

namespace fieldweir {
namespace {

// numbers, each a varint; reasons as count, then pairs, since nearly all are zero
void write(ByteWriter& writer, const ByReason& counts) {
  std::uint64_t used = 0;
  for (const std::uint64_t count : counts) used += count > 0 ? 1 : 0;
  writer.varint(used);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    writer.varint(i);
    writer.varint(counts[i]);
  }
}

ByReason read_reasons(ByteReader& reader) {
  ByReason counts{};
  for (std::size_t n = reader.varint_to(reason_count); n > 0 && reader.good(); --n) {
    const std::size_t reason = reader.varint_to(reason_count - 1);
    counts[reason] = reader.varint();
  }
  return counts;
}

void write(ByteWriter& writer, const Position& position) {
  writer.varint(position.stream);
  writer.varint(position.epoch);
  writer.varint(position.seq);
}

Position read_position(ByteReader& reader) {
  Position position;
  position.stream = static_cast<std::uint32_t>(reader.varint_to(UINT32_MAX));
  position.epoch = static_cast<std::uint32_t>(reader.varint_to((1u << epoch_bits) - 1));
  position.seq = reader.varint_to((std::uint64_t{1} << seq_bits) - 1);
  return position;
}

template <class Value>
std::optional<Value> if_whole(const ByteReader& reader, const Value& value) {
  if (!reader.good() || !reader.at_end()) return std::nullopt;
  return value;
}

void write(ByteWriter& writer, const Ahead& ahead) {
  writer.varint(ahead.size());
  for (const AheadRange& range : ahead.ranges())
    for (const Position& position : {range.after, range.cursor.acknowledged, range.cursor.sent})
      write(writer, position);
}

Ahead read_ahead(ByteReader& reader) {
  Ahead ahead;
  for (std::size_t n = reader.varint_to(Ahead::most); n > 0; --n) {
    AheadRange range;
    range.after = read_position(reader);
    range.cursor.acknowledged = read_position(reader);
    range.cursor.sent = read_position(reader);
    ahead.push(range);
  }
  return ahead;
}

}  // namespace

// at most 28 positions of 20 bytes and 9 + 2 x reason_count numbers of 10 bytes

StateBytes StateBytes::of(const UplinkBooks& books) {
  StateBytes state;
  ByteWriter writer(state.bytes_.data());
  for (const LogReader::Cursor& cursor : books.cursors) {
    write(writer, cursor.acknowledged);
    write(writer, cursor.sent);
  }
  const UplinkTotals& totals = books.totals;
  for (const std::uint64_t count :
       {totals.batched, totals.not_selected, totals.delivered, totals.queued, totals.dead_lettered})
    writer.varint(count);
  write(writer, totals.dropped);
  for (const Ahead& ahead : books.ahead) write(writer, ahead);
  writer.varint(static_cast<std::uint64_t>(books.usage.month));
  writer.varint(books.usage.bytes);
  state.size_ = static_cast<std::size_t>(writer.at() - state.bytes_.data());
  return state;
}

std::optional<UplinkBooks> read_books(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  UplinkBooks books;
  for (LogReader::Cursor& cursor : books.cursors) {
    cursor.acknowledged = read_position(reader);
    cursor.sent = read_position(reader);
  }
  UplinkTotals& totals = books.totals;
  for (std::uint64_t* count : {&totals.batched, &totals.not_selected, &totals.delivered,
                               &totals.queued, &totals.dead_lettered})
    *count = reader.varint();
  totals.dropped = read_reasons(reader);
  if (reader.good() && reader.at_end()) return books;  // of a version that knew no more
  for (Ahead& ahead : books.ahead) ahead = read_ahead(reader);
  books.usage.month = static_cast<std::int64_t>(reader.varint());
  books.usage.bytes = reader.varint();
  return if_whole(reader, books);
}

StateBytes StateBytes::of(const FieldTotals& totals) {
  StateBytes state;
  ByteWriter writer(state.bytes_.data());
  for (const std::uint64_t count :
       {totals.sampled, totals.derived, totals.filtered, totals.batched})
    writer.varint(count);
  write(writer, totals.lost);
  writer.varint(static_cast<std::uint64_t>(totals.at));
  state.size_ = static_cast<std::size_t>(writer.at() - state.bytes_.data());
  return state;
}

std::optional<FieldTotals> read_field(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  FieldTotals totals;
  for (std::uint64_t* count : {&totals.sampled, &totals.derived, &totals.filtered, &totals.batched})
    *count = reader.varint();
  totals.lost = read_reasons(reader);
  totals.at = static_cast<Time>(reader.varint());
  return if_whole(reader, totals);
}

StateBytes StateBytes::of(const JournalTotals& totals) {
  StateBytes state;
  ByteWriter writer(state.bytes_.data());
  for (const LaneTotals& lane : totals) {
    writer.varint(lane.batches);
    writer.varint(lane.bytes);
  }
  state.size_ = static_cast<std::size_t>(writer.at() - state.bytes_.data());
  return state;
}

std::optional<JournalTotals> read_totals(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  JournalTotals totals;
  for (LaneTotals& lane : totals) {
    lane.batches = reader.varint();
    lane.bytes = reader.varint();
  }
  return if_whole(reader, totals);
}

StateBytes StateBytes::of(const Absence& absence) {
  StateBytes state;
  ByteWriter writer(state.bytes_.data());
  writer.varint(static_cast<std::uint64_t>(absence.since));
  for (const Position& last : absence.last) write(writer, last);
  state.size_ = static_cast<std::size_t>(writer.at() - state.bytes_.data());
  return state;
}

std::optional<Absence> read_absence(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  Absence absence;
  absence.since = static_cast<Time>(reader.varint());
  for (Position& last : absence.last) last = read_position(reader);
  return if_whole(reader, absence);
}

}  // namespace fieldweir
