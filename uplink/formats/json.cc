#include "uplink/formats/json.h"

#include "uplink/formats/writer.h"

namespace fieldweir {
namespace {

constexpr std::size_t name_max = json_text_growth * SignalName::capacity();
// with literals and three short words, generously: what closes the message fits into the rest
constexpr std::size_t reading_max = name_max + json_value_max + 3 * number_max + 160;
constexpr std::size_t gap_max =
    3 * number_max + 120 + (json_text_growth + 3) * GapSignals::capacity;
constexpr std::size_t envelope_max = 10 * number_max + 220;

Writer& write_place(Writer& to, Position position) {
  return to.literal("[").number(position.epoch).literal(",").number(position.seq).literal("]");
}

/// Numbers are finite, and none has a text's length.
void write_thinned(Writer& to, const DecodedBatch& batch, const Reading& reading,
                   const Thinned& thinned) {
  if (has_range(reading))
    to.literal(",\"min\":").number(thinned.min).literal(",\"max\":").number(thinned.max);
  to.literal(",\"count\":").number(thinned.count);
  to.literal(",\"span_ms\":").number(batch.interval / millisecond).literal(",\"thinned\":true");
}

void write_reading(Writer& to, const DecodedBatch& batch, const Reading& given) {
  const Reading reading = sayable_in_json(batch.with_value(given));
  to.literal("{\"ts\":").milliseconds(reading.time);
  to.literal(",\"signal\":\"").text(batch.name(reading.signal)).literal("\",\"value\":");
  to.value(batch, reading);
  if (const Thinned* const thinned = batch.thinned_of(given))
    write_thinned(to, batch, given, *thinned);
  if (reading.quality == Quality::good) {
    to.literal(",\"quality\":\"good\"},");
    return;
  }
  to.literal(",\"quality\":\"").word(to_string(reading.quality));
  to.literal("\",\"reason\":\"").word(to_string(reading.reason)).literal("\"},");
}

void write_gap(Writer& to, const Gap& gap) {
  to.literal("{\"gap\":{\"from\":").milliseconds(gap.from);
  to.literal(",\"to\":").milliseconds(gap.to).literal(",\"readings\":");
  if (gap.readings == Gap::unknown)
    to.literal("null");
  else
    to.number(gap.readings);
  to.literal(",\"reason\":\"").word(to_string(gap.reason)).literal("\"");
  if (gap.signals.known()) {
    to.literal(",\"signals\":[");
    gap.signals.each([&](std::string_view glob) { to.literal("\"").text(glob).literal("\","); });
    to.take_back();
    to.literal("]");
  }
  to.literal("}},");
}

void write_envelope(Writer& to, const DecodedBatch& batch, const Envelope& envelope) {
  to.literal("{\"v\":1,\"gateway\":\"").text(envelope.gateway);
  to.literal("\",\"stream\":\"").hex8(batch.position.stream);
  to.literal("\",\"epoch\":").number(batch.position.epoch);
  to.literal(",\"lane\":\"").word(to_string(batch.lane));
  to.literal("\",\"seq\":").number(batch.position.seq).literal(",\"prev\":");
  if (envelope.prev.epoch == 0)
    to.literal("null");
  else
    write_place(to, envelope.prev);
  if (batch.replaces_from != batch.position) {
    write_place(to.literal(",\"replaces\":["), batch.replaces_from).literal(",");
    write_place(to, batch.position).literal("]");
  }
  if (!batch.clock_synchronised) to.literal(",\"clock\":\"unsynchronised\"");
  if (envelope.historical) to.literal(",\"historical\":true");
  if (envelope.part.of > 1) {
    to.literal(",\"part\":[").number(envelope.part.number).literal(",");
    to.number(envelope.part.of).literal("]");
  }
}

std::size_t write(const DecodedBatch& batch, const Envelope& envelope,
                  std::span<const Reading> readings, std::span<char> out) {
  Writer to(out);
  if (!to.has_room(json_size_max(0, batch.gaps.size(), envelope.gateway))) return 0;
  write_envelope(to, batch, envelope);
  to.literal(",\"readings\":[");
  for (const Gap& gap : batch.gaps) write_gap(to, gap);
  for (const Reading& reading : readings) {
    if (!to.has_room(reading_max)) return 0;
    write_reading(to, batch, reading);
  }
  if (!batch.gaps.empty() || !readings.empty()) to.take_back();
  to.literal("]}");
  return to.size();
}

}  // namespace

std::size_t json_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway) {
  return envelope_max + json_text_growth * gateway.size() + readings * reading_max + gaps * gap_max;
}

std::size_t write_json(const DecodedBatch& batch, const Envelope& envelope, std::span<char> out) {
  return write(batch, envelope, batch.readings, out);
}

std::size_t write_json_without_readings(const DecodedBatch& batch, const Envelope& envelope,
                                        std::span<char> out) {
  return write(batch, envelope, {}, out);
}

}  // namespace fieldweir
