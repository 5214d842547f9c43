// influx: line protocol of InfluxDB, a point per reading, and one for the batch and for each gap.
// Times are nanoseconds, the default of all versions. A batch that comes again overwrites its own
// points. `\n` ends each line.
//
//   reading,gateway=packing-7,quality=good,signal=boiler.supply_temp,unit=°C value=73.4 176722...
//   batch,gateway=packing-7,lane=telemetry,stream=9f2c51aa epoch=12i,seq=918273i,readings=1i,
//     prev_epoch=12i,prev_seq=918272i 1767225600123918273
//   gap,gateway=packing-7,lane=telemetry,stream=9f2c51aa,reason=ring\ full epoch=12i,seq=918273i,
//     from=176...i,to=176...i,readings=42i 1767225600123918273
//
// Where a batch became more than one message, its point of `batch` has the tag `part`
// ("2/3") and the field `parts`.
//
// A field's type never changes, since InfluxDB refuses a point whose field has another type than
// before: `value` is float and has all numbers that a float holds exactly; integers beyond 2^53 go
// as `integer`, those beyond 2^63 as `text`; `boolean`, `text`. A bad reading has only a `reason`,
// an uncertain one has it too. No number that is infinite or NaN: bad(out of range).
//
// A reading that stands for several has the fields count, span_ms and thinned; `value` is then the
// mean, with the fields min and max.
//
// InfluxDB keeps one point per tags and time. So points of batches and gaps have, in place of the
// nanoseconds below one millisecond, seq modulo 1,000,000: batches of one instant stay apart.
//
// Text is UTF-8; bytes that are not become U+FFFD, and so do, in tags, control characters and
// backslashes, for which tags have no form.
#pragma once

#include "uplink/formats/format.h"

namespace fieldweir {

/// See Format.
std::size_t influx_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway);
std::size_t write_influx(const DecodedBatch& batch, const Envelope& envelope, std::span<char> out);

}  // namespace fieldweir
