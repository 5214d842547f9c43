// json_flat: one flat row per reading, each complete in itself, for who puts rows into tables.
//
//   [{"gateway":"packing-7","stream":"9f2c51aa","epoch":12,"lane":"telemetry","seq":918273,"row":0,
//     "prev_epoch":12,"prev_seq":918272,"ts":1767225600123,"signal":"boiler.supply_temp",
//     "value":73.4,"unit":"°C","quality":"good"},...]                        (without line breaks)
//
// gateway to row      the key: a row that comes again has the same
// clock, historical   behind `seq` in every row, where they apply
// prev_*, replaces_*  of the batch, in its first row only: [prev_epoch, prev_seq] is the message
//                     before; [replaces_epoch, replaces_seq] the first position that the batch
//                     stands for, after drops
// part, parts         behind `seq` in every row, where a batch became more than one message; part
//                     belongs to the key
// unit                if there is one
// gaps                rows before the readings: "ts" and "gap_to", "gap_readings" (null where
//                     unknown), "gap_reason", and nothing of a reading
//
// Everything else is as in `json`, thinned readings too.
#pragma once

#include "uplink/formats/format.h"

namespace fieldweir {

/// See Format.
std::size_t json_flat_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway);
std::size_t write_json_flat(const DecodedBatch& batch, const Envelope& envelope,
                            std::span<char> out);

}  // namespace fieldweir
