#include "uplink/formats/influx.h"

#include <algorithm>

#include "uplink/formats/utf8.h"
#include "uplink/formats/writer.h"

namespace fieldweir {
namespace {

constexpr std::size_t growth = 3;  // U+FFFD for a byte
// literals and short words are counted generously
constexpr std::size_t reading_max =
    growth * (SignalName::capacity() + UnitName::capacity() + TextTable::longest) + 3 * number_max +
    280;
constexpr std::size_t gap_max = 6 * number_max + 220 + growth * GapSignals::capacity;
constexpr std::size_t batch_max = 12 * number_max + 280;
constexpr std::string_view not_text = "\xEF\xBF\xBD";

enum class Place { tag, quoted };

/// In both places, as it is.
bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

void write_escaped(Writer& to, std::string_view text, Place place) {
  const std::string_view escaped = place == Place::tag ? ", =" : "\"\\";
  while (!text.empty()) {
    const auto run =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), plain) - text.begin());
    to.word(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) return;
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_length(text);
    const bool no_form = place == Place::tag && (byte < 0x20 || byte == 0x7F || byte == '\\');
    if (length == 0 || no_form) {
      to.word(not_text);
    } else {
      if (escaped.find(text.front()) != escaped.npos) to.byte('\\');
      to.word(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

template <class T>
void write_integer(Writer& to, const Reading& reading, T value) {
  if (!beyond_double(reading))
    to.literal("value=").number(value);
  else if (reading.kind == Kind::uint64 && reading.as_uint64() > INT64_MAX)
    to.literal("text=\"").number(value).literal("\"");
  else
    to.literal("integer=").number(value).literal("i");
}

/// One field, and the comma behind it.
void write_value(Writer& to, const DecodedBatch& batch, const Reading& reading) {
  switch (reading.kind) {
    case Kind::none:
      return;
    case Kind::float64:
      to.literal("value=").number(reading.as_float64());
      break;
    case Kind::int64:
      write_integer(to, reading, reading.as_int64());
      break;
    case Kind::uint64:
      write_integer(to, reading, reading.as_uint64());
      break;
    case Kind::boolean:
      to.literal("boolean=").word(reading.as_boolean() ? "true" : "false");
      break;
    case Kind::text:
      write_escaped(to.literal("text=\""), batch.text(reading.as_text()), Place::quoted);
      to.literal("\"");
      break;
  }
  to.literal(",");
}

/// Fields, and the comma behind them.
void write_thinned(Writer& to, const DecodedBatch& batch, const Reading& reading,
                   const Thinned& thinned) {
  if (has_range(reading))
    to.literal("min=").number(thinned.min).literal(",max=").number(thinned.max).literal(",");
  to.literal("count=").number(thinned.count).literal("i,span_ms=");
  to.number(batch.interval / millisecond).literal("i,thinned=true,");
}

void write_reading(Writer& to, const DecodedBatch& batch, const Envelope& envelope,
                   const Reading& given) {
  const Reading reading = sayable_in_json(batch.with_value(given));
  write_escaped(to.literal("reading,gateway="), envelope.gateway, Place::tag);
  to.literal(",quality=").word(to_string(reading.quality));
  write_escaped(to.literal(",signal="), batch.name(reading.signal), Place::tag);
  if (const std::string_view unit = batch.unit(reading.signal); !unit.empty())
    write_escaped(to.literal(",unit="), unit, Place::tag);
  to.literal(" ");
  write_value(to, batch, reading);
  if (const Thinned* const thinned = batch.thinned_of(given))
    write_thinned(to, batch, given, *thinned);
  // a point needs a field
  if (reading.quality != Quality::good || reading.kind == Kind::none)
    to.literal("reason=\"").word(to_string(reading.reason)).literal("\",");
  if (!batch.clock_synchronised) to.literal("clock=\"unsynchronised\",");
  if (envelope.historical) to.literal("historical=true,");
  to.take_back();
  to.literal(" ").number(reading.time).literal("\n");
}

void write_tags(Writer& to, const DecodedBatch& batch, const Envelope& envelope) {
  write_escaped(to.literal(",gateway="), envelope.gateway, Place::tag);
  to.literal(",lane=").word(to_string(batch.lane));
  to.literal(",stream=").hex8(batch.position.stream);
}

void write_position(Writer& to, Position position) {
  to.literal(" epoch=").number(position.epoch);
  to.literal("i,seq=").number(position.seq).literal("i");
}

void write_time(Writer& to, Time time, std::uint64_t seq) {
  const Time instant = std::min(time, INT64_MAX - millisecond) / millisecond * millisecond;
  to.literal(" ").number(instant + static_cast<Time>(seq % millisecond)).literal("\n");
}

void write_gap(Writer& to, const DecodedBatch& batch, const Envelope& envelope, const Gap& gap) {
  write_tags(to.literal("gap"), batch, envelope);
  write_escaped(to.literal(",reason="), to_string(gap.reason), Place::tag);
  write_position(to, batch.position);
  to.literal(",from=").number(gap.from).literal("i,to=").number(gap.to).literal("i");
  if (gap.readings != Gap::unknown)
    to.literal(",readings=").number(std::min<std::uint64_t>(gap.readings, INT64_MAX)).literal("i");
  if (gap.signals.known()) {
    to.literal(",signals=\"");
    bool first = true;
    gap.signals.each([&](std::string_view glob) {
      if (!std::exchange(first, false)) to.literal(",");
      write_escaped(to, glob, Place::quoted);
    });
    to.literal("\"");
  }
  write_time(to, gap.from, batch.position.seq);
}

void write_batch(Writer& to, const DecodedBatch& batch, const Envelope& envelope) {
  write_tags(to.literal("batch"), batch, envelope);
  if (envelope.part.of > 1)
    to.literal(",part=").number(envelope.part.number).literal("/").number(envelope.part.of);
  write_position(to, batch.position);
  to.literal(",readings=").number(batch.readings.size()).literal("i");
  if (envelope.prev.epoch != 0) {
    to.literal(",prev_epoch=").number(envelope.prev.epoch);
    to.literal("i,prev_seq=").number(envelope.prev.seq).literal("i");
  }
  if (batch.replaces_from != batch.position) {
    to.literal(",replaces_epoch=").number(batch.replaces_from.epoch);
    to.literal("i,replaces_seq=").number(batch.replaces_from.seq).literal("i");
  }
  if (!batch.clock_synchronised) to.literal(",clock=\"unsynchronised\"");
  if (envelope.historical) to.literal(",historical=true");
  if (envelope.part.of > 1) to.literal(",parts=").number(envelope.part.of).literal("i");
  const Time time = !batch.readings.empty() ? batch.readings.front().time
                    : !batch.gaps.empty()   ? batch.gaps.front().from
                                            : 0;
  write_time(to, time, batch.position.seq);
}

}  // namespace

std::size_t influx_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway) {
  const std::size_t name = growth * gateway.size();
  return batch_max + name + readings * (reading_max + name) + gaps * (gap_max + name);
}

std::size_t write_influx(const DecodedBatch& batch, const Envelope& envelope, std::span<char> out) {
  Writer to(out);
  if (!to.has_room(influx_size_max(0, batch.gaps.size(), envelope.gateway))) return 0;
  write_batch(to, batch, envelope);
  for (const Gap& gap : batch.gaps) write_gap(to, batch, envelope, gap);
  const std::size_t line_max = reading_max + growth * envelope.gateway.size();
  for (const Reading& reading : batch.readings) {
    if (!to.has_room(line_max)) return 0;
    write_reading(to, batch, envelope, reading);
  }
  return to.size();
}

}  // namespace fieldweir
