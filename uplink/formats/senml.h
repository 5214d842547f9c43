// senml: Sensor Measurement Lists in JSON (RFC 8428). Names are fieldweir/<gateway>/<signal>; what
// SenML has no field for is a record of its own, named after what it belongs to:
//
//   [{"bn":"fieldweir/packing-7/","bt":1767225600.123456789,
//     "n":"telemetry/position","vs":"9f2c51aa/12/918273"},{"n":"telemetry/prev","vs":"12/918272"},
//    {"n":"telemetry/gap","t":-1.5,"vs":"ring
//    full"},{"n":"telemetry/gap/readings","t":-1.5,"v":42},
//    {"n":"telemetry/gap/to","t":-1.5,"v":1767225599.25},
//    {"n":"boiler.supply_temp","u":"Cel","v":73.4},
//    {"n":"boiler.flow","t":0.25,"v":3.1},{"n":"boiler.flow/uncertain","t":0.25,"vs":"stale"},
//    {"n":"boiler.return_temp/bad","t":0.25,"vs":"timeout"}]                 (without line breaks)
//
// further records of a batch: <lane>/replaces, <lane>/clock ("unsynchronised"), <lane>/historical,
// <lane>/part ("2/3", where a batch became more than one message)
//
// of a reading that stands for several: <signal>/count, <signal>/span in seconds, and of numbers,
// whose value is the mean, <signal>/min and <signal>/max
//
// u      units that SenML registers, in its spelling; others are left out, and so are C and F,
//        which people use for degrees and SenML for coulomb and farad
// times  SenML takes what is below 2^28 s (July 1978) for relative to now. Such times, of a clock
//        that was not set, go as 2^28 s later, and those before 1970 as 2^28 s
// names  bytes that SenML does not allow in names go as ':' and two hexadecimal digits
//
// Values and texts are as in `json`.
#pragma once

#include "uplink/formats/format.h"

namespace fieldweir {

/// See Format.
std::size_t senml_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway);
std::size_t write_senml(const DecodedBatch& batch, const Envelope& envelope, std::span<char> out);

/// As SenML spells it; empty if it has none.
std::string_view senml_unit(std::string_view unit);

}  // namespace fieldweir
