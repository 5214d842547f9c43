#include <algorithm>

#include "buffer/batch_header.h"
#include "buffer/forms.h"
#include "core/check.h"

namespace fieldweir {
namespace {

/// Runs of numbers that grow by one: where a run starts, as seen from the end of the one before,
/// with a bit that says whether a length follows.
template <class Number>
void write_ascending(ByteWriter& writer, std::size_t count, Number number) {
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < count;) {
    const std::uint64_t start = number(i);
    std::size_t length = 1;
    while (i + length < count && number(i + length) == start + length) ++length;
    writer.varint(zigzag(start - expected) << 1 | (length > 1 ? 1 : 0));
    if (length > 1) writer.varint(length - 2);
    expected = start + length;
    i += length;
  }
}

/// Runs of equal things: length, then the thing.
template <class Same, class Write>
void write_runs(ByteWriter& writer, std::size_t count, Same same, Write write) {
  for (std::size_t i = 0; i < count;) {
    std::size_t length = 1;
    while (i + length < count && same(i, i + length)) ++length;
    writer.varint(length);
    write(i);
    i += length;
  }
}

/// The coarsest unit that holds all times, unless differences could overflow.
Duration unit_of(std::span<const Reading> readings, Time from, Time to) {
  Duration span = 0;
  if (__builtin_sub_overflow(to, from, &span)) return 1;
  Duration unit = millisecond;
  Time last = 0;
  for (const Reading& r : readings) {
    if (r.time == last) continue;
    last = r.time;
    while (unit > 1 && r.time % unit != 0) unit /= 1000;
  }
  return unit;
}

void write_times(ByteWriter& writer, std::span<const Reading> readings, Time from, Time to) {
  const Duration unit = unit_of(readings, from, to);
  writer.u8(unit == millisecond ? 2 : unit == microsecond ? 1 : 0);
  auto last = static_cast<std::uint64_t>(from);
  write_runs(
      writer, readings.size(),
      [&](std::size_t a, std::size_t b) { return readings[a].time == readings[b].time; },
      [&](std::size_t i) {
        const auto time = static_cast<std::uint64_t>(readings[i].time);
        writer.varint(zigzag(static_cast<std::uint64_t>(static_cast<Time>(time - last) / unit)));
        last = time;
      });
}

void write_attributes(ByteWriter& writer, std::span<const Reading> readings) {
  const auto key = [&](std::size_t i) {
    const Reading& r = readings[i];
    return static_cast<std::uint32_t>(
        static_cast<unsigned>(r.quality) << 1 | (r.kind != Kind::none ? 1u : 0u) |
        static_cast<unsigned>(r.reason) << 8 | static_cast<unsigned>(r.flags) << 16);
  };
  write_runs(
      writer, readings.size(), [&](std::size_t a, std::size_t b) { return key(a) == key(b); },
      [&](std::size_t i) { writer.fixed(key(i), 3); });
}

/// What the header says of the readings.
void describe(BatchHeader& header, std::span<const Reading> readings,
              std::span<const Thinned> thinned) {
  const auto [first, last] =
      std::minmax_element(readings.begin(), readings.end(),
                          [](const Reading& a, const Reading& b) { return a.time < b.time; });
  header.rows = static_cast<std::uint32_t>(readings.size());
  header.from = first->time;
  header.to = last->time;
  header.readings = readings.size() - thinned.size();
  for (const Thinned& each : thinned) header.readings += each.count;
}

}  // namespace

Encoder::Encoder(std::size_t rows, std::size_t signals)
    : known_(signals), entries_(rows), places_(rows), ordered_(rows) {
  FIELDWEIR_CHECK(rows <= most_rows);
}

std::size_t Encoder::bytes_for(std::size_t rows, std::size_t signals) {
  return signals * sizeof(Known) +
         rows * (sizeof(Entry) + sizeof(std::uint16_t) + sizeof(std::uint64_t));
}

std::size_t Encoder::encode(BatchHeader& header, std::span<const Reading> readings,
                            std::span<const BatchText> texts, std::span<std::byte> out) {
  return encode(header, readings, {}, texts, out);
}

std::size_t Encoder::encode(BatchHeader& header, std::span<const Reading> readings,
                            std::span<const Thinned> thinned, std::span<const BatchText> texts,
                            std::span<std::byte> out) {
  FIELDWEIR_CHECK(readings.size() <= places_.size() && texts.size() <= most_texts);
  FIELDWEIR_CHECK(thinned.empty() || header.interval > 0);
  FIELDWEIR_CHECK(out.size() >= encoded_max(readings.size()));
  if (readings.empty()) return encode_gaps(header, out);
  describe(header, readings, thinned);
  find_entries(readings);
  sort_by_entry(
      readings, [](const Reading& r) { return r.kind != Kind::none; },
      [&](const Reading& r) { return is_thinned(r) ? thinned[r.bits].bits : r.bits; });
  choose_forms();

  ByteWriter writer = write_header(header, out);
  writer.varint(texts.size());
  for (const BatchText& text : texts) {
    writer.u8(text.size());
    writer.text(text.view());
  }
  write_times(writer, readings, header.from, header.to);
  writer.varint(entry_count_);
  write_ascending(writer, entry_count_, [&](std::size_t i) { return entries_[i].signal; });
  write_runs(
      writer, entry_count_,
      [&](std::size_t a, std::size_t b) { return entries_[a].form == entries_[b].form; },
      [&](std::size_t i) { writer.u8(entries_[i].form); });
  write_ascending(writer, readings.size(), [&](std::size_t i) { return places_[i]; });
  write_attributes(writer, readings);
  for (std::size_t i = 0; i < entry_count_; ++i)
    write_values(writer, entries_[i].form, values_of(entries_[i]));
  if (!thinned.empty()) write_thinned(writer, readings, thinned);
  return seal(writer, out);
}

void Encoder::write_thinned(ByteWriter& writer, std::span<const Reading> readings,
                            std::span<const Thinned> thinned) {
  const auto count = [&](std::size_t i) { return thinned[i].count; };
  write_runs(
      writer, thinned.size(), [&](std::size_t a, std::size_t b) { return count(a) == count(b); },
      [&](std::size_t i) { writer.varint(count(i)); });
  for (double Thinned::*const end : {&Thinned::min, &Thinned::max}) {
    sort_by_entry(readings, has_range, [&](const Reading& r) {
      return std::bit_cast<std::uint64_t>(thinned[r.bits].*end);
    });
    for (std::size_t i = 0; i < entry_count_; ++i) {
      if (entries_[i].values == 0) continue;
      known_[entries_[i].signal].form = form::nothing;  // means have more digits
      entries_[i].form = choose_form(entries_[i], values_of(entries_[i]));
      writer.u8(entries_[i].form);
      write_values(writer, entries_[i].form, values_of(entries_[i]));
    }
  }
}

void Encoder::find_entries(std::span<const Reading> readings) {
  ++batch_;
  entry_count_ = 0;
  for (std::size_t i = 0; i < readings.size(); ++i) places_[i] = entry_of(readings[i]);
}

template <class HasValue, class BitsOf>
void Encoder::sort_by_entry(std::span<const Reading> readings, HasValue has_value, BitsOf bits_of) {
  for (std::size_t i = 0; i < entry_count_; ++i) entries_[i].values = 0;
  for (std::size_t i = 0; i < readings.size(); ++i)
    if (has_value(readings[i])) ++entries_[places_[i]].values;
  std::uint16_t begin = 0;
  for (std::size_t i = 0; i < entry_count_; ++i) {
    entries_[i].end = begin;
    begin = static_cast<std::uint16_t>(begin + entries_[i].values);
  }
  for (std::size_t i = 0; i < readings.size(); ++i)
    if (has_value(readings[i])) ordered_[entries_[places_[i]].end++] = bits_of(readings[i]);
}

// A signal whose kind changes within a batch gets a second entry; one without a value has any kind.
std::uint16_t Encoder::entry_of(const Reading& reading) {
  FIELDWEIR_CHECK(reading.signal < known_.size());
  Known& known = known_[reading.signal];
  if (known.batch == batch_) {
    Entry& entry = entries_[known.entry];
    if (entry.kind == Kind::none) entry.kind = reading.kind;
    if (reading.kind == Kind::none || reading.kind == entry.kind) return known.entry;
  }
  known.batch = batch_;
  known.entry = static_cast<std::uint16_t>(entry_count_);
  entries_[entry_count_++] = {reading.signal, reading.kind, form::nothing, 0, 0};
  return known.entry;
}

std::span<const std::uint64_t> Encoder::values_of(const Entry& entry) const {
  return {ordered_.data() + entry.end - entry.values, entry.values};
}

void Encoder::choose_forms() {
  for (std::size_t i = 0; i < entry_count_; ++i)
    if (entries_[i].values > 0) entries_[i].form = choose_form(entries_[i], values_of(entries_[i]));
}

std::uint8_t Encoder::choose_form(const Entry& entry, std::span<const std::uint64_t> bits) {
  std::uint8_t chosen = form::nothing;
  switch (entry.kind) {
    case Kind::none:
      return form::nothing;
    case Kind::boolean:
      return boolean_form(bits);
    case Kind::int64:
      chosen = form::int64;
      break;
    case Kind::uint64:
      chosen = form::uint64;
      break;
    case Kind::text:
      chosen = form::text;
      break;
    case Kind::float64: {
      std::uint8_t& before = known_[entry.signal].form;
      // 64 bits hold anything: ask now and then whether something shorter would do again
      const bool keep = before != form::nothing && (before != form::float64 || batch_ % 8 != 0);
      if (!keep || !all_held(before, bits)) before = float_form(bits);
      chosen = before;
    }
  }
  const bool equal = std::all_of(bits.begin(), bits.end(), [&](auto b) { return b == bits[0]; });
  return equal ? chosen | form::equal : chosen;
}

}  // namespace fieldweir
