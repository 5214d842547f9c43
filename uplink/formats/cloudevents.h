// cloudevents: CloudEvents 1.0 in JSON, structured mode. One event is one batch, because a batch is
// what is acknowledged, repeated and told apart as one; its `data` is the message in format `json`.
//
//   {"specversion":"1.0","id":"9f2c51aa/12/telemetry/918273","source":"fieldweir/packing-7",
//    "type":"fieldweir.batch.v1","subject":"telemetry","time":"2026-01-01T00:00:00.123Z",
//    "datacontenttype":"application/json","data":{"v":1,...}}                (without line breaks)
//
// Where a batch became more than one message, `id` ends with its part, ".../2/3".
//
// `source` and `id` name the batch: an event that comes again has the same. `time` is that of the
// last reading, in ms, rounded down; left out if there is none, or if the clock was not set.
#pragma once

#include "uplink/formats/format.h"

namespace fieldweir {

/// See Format.
std::size_t cloudevents_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway);
std::size_t write_cloudevents(const DecodedBatch& batch, const Envelope& envelope,
                              std::span<char> out);

}  // namespace fieldweir
