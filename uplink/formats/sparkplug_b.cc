#include "uplink/formats/sparkplug_b.h"

#include "uplink/formats/json.h"
#include "uplink/formats/sparkplug_metric.h"

namespace fieldweir {
namespace {

constexpr std::size_t envelope_max = 64;  // beside the body

void write_reading(const DecodedBatch& batch, const Envelope& envelope, const Reading& given,
                   ProtobufWriter& to) {
  const Reading reading = batch.with_value(given);
  write_sparkplug_metric(
      {.name = sparkplug_name(batch.name(given.signal)),
       .kind = (*batch.signals)[given.signal].kind,
       .reading = reading,
       .text = reading.kind == Kind::text ? batch.text(reading.as_text()) : std::string_view(),
       .historical = envelope.historical,
       .thinned = batch.thinned_of(given),
       .span = batch.interval},
      to);
}

}  // namespace

std::size_t sparkplug_b_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway) {
  return envelope_max + json_size_max(0, gaps, gateway) + readings * sparkplug_metric_max;
}

std::size_t write_sparkplug_b(const DecodedBatch& batch, const Envelope& envelope,
                              std::span<char> out) {
  ProtobufWriter to(out);
  if (!to.has_room(sparkplug_b_size_max(0, batch.gaps.size(), envelope.gateway))) return 0;
  to.text(sparkplug::uuid, "fieldweir-json-1");
  const auto body = to.begin(sparkplug::body);
  to.advance(write_json_without_readings(batch, envelope, to.rest()));
  to.end(body);
  for (const Reading& reading : batch.readings) {
    if (!to.has_room(sparkplug_metric_max)) return 0;
    write_reading(batch, envelope, reading, to);
  }
  return to.size();
}

}  // namespace fieldweir
