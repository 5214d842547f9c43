// json: the default format of a message, a contract with receivers (its "v" changes when it must).
//
//   {"v":1,"gateway":"packing-7","stream":"9f2c51aa","epoch":12,"lane":"telemetry","seq":918273,
//    "prev":[12,918272],"readings":[{"ts":1767225600123,"signal":"boiler.supply_temp","value":73.4,
//    "quality":"good"}]}                                                     (without line breaks)
//
// ts       ms since 1970 UTC, rounded down
// prev     [epoch, seq] of the message before on this lane to this uplink; null for the first
// value    number, boolean, text; integers beyond 2^53 as text; null if quality is bad. A number
//          that JSON cannot say (infinite, NaN) makes the reading bad(out of range)
// reason   unless quality is good
// replaces [[epoch, seq], [epoch, seq]], first and last position that the batch stands for, after
//          drops
// clock    "unsynchronised", where it was so when the batch was closed
// thinned  true: the reading stands for `count` of its signal from `ts` on, within `span_ms`. Of
//          numbers value is the mean, with `min` and `max`; of others, what all of them had
// part     [number, of], where a batch became more than one message
// gaps     stand before the readings: {"gap":{"from":ts,"to":ts,"readings":n,"reason":"..."}}; n
//          is null where unknown; "signals":["boiler.*"] where known, see gap_signals.h
//
// Text is UTF-8; each byte that is not becomes U+FFFD.
#pragma once

#include "uplink/formats/format.h"

namespace fieldweir {

/// See Format.
std::size_t json_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway);
std::size_t write_json(const DecodedBatch& batch, const Envelope& envelope, std::span<char> out);

/// Only what a message says of its batch, and the gap marks: for formats that say readings their
/// own way.
std::size_t write_json_without_readings(const DecodedBatch& batch, const Envelope& envelope,
                                        std::span<char> out);

}  // namespace fieldweir
