// sparkplug_b: a batch, or one device's part of it, as a Sparkplug B payload; for mqtt uplinks,
// whose session (uplink/sparkplug.h) adds what belongs to a connection: seq, timestamp, and which
// metrics are older than its births. Protocol Buffers let it stand behind what is written here.
//
//   metrics   one per reading, by name and never by alias, so that history can be read by itself
//   body      the message of the `json` format without its readings: position, prev, part and gap
//             marks, for receivers that count
//   uuid      "fieldweir-json-1", what `body` is
#pragma once

#include "uplink/formats/format.h"

namespace fieldweir {

/// See Format.
std::size_t sparkplug_b_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway);
std::size_t write_sparkplug_b(const DecodedBatch& batch, const Envelope& envelope,
                              std::span<char> out);

}  // namespace fieldweir
