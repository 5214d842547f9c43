// Reading: one value of one signal at one time, with its quality. The record that travels from the
// drivers through rings, stages and windows into batches. A value type: 24 bytes, trivially
// copyable.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/time.h"

namespace fieldweir {

/// Index into the SignalTable of this run of the process.
using SignalId = std::uint32_t;

/// What the 8 value bytes of a reading mean. `none`: there is no value, only a quality.
enum class Kind : std::uint8_t { none, float64, int64, uint64, boolean, text };

enum class Quality : std::uint8_t { good, uncertain, bad };

/// Why a reading is not good, why a reading was lost, or what an Error was about.
/// One list, so that YAML, log, metrics and payloads use one word for one thing. Journals keep the
/// numbers: new reasons go to the end.
enum class Reason : std::uint8_t {
  none,
  // field side
  not_connected,     // the device or broker cannot be reached
  timeout,           // no complete answer before the deadline
  illegal_address,   // Modbus exception 2
  device_exception,  // any other Modbus exception
  bad_response,      // an answer that failed verification
  invalid_code,      // the device's own "no value" code
  parse_error,       // payload is not what the configuration says
  wrong_type,        // payload value has another type
  out_of_range,      // outside the `range` stage's limits
  stale,             // no message within `stale_after`
  text_table_full,   // no room to remember another text
  too_large,         // larger than a stated bound
  // readings that never reach a batch, and batches that never reach an uplink
  ring_full,
  tail_full,
  instances_full,  // a wildcard topic beyond `max_instances`
  quota,           // dropped by `when_full`
  expired,         // dropped by `max_age`
  unclean_stop,    // the previous run ended without saying how much was at risk
  corrupt,         // failed its checksum
  // far side and system
  refused,       // the peer answered and said no
  unauthorised,  // the peer does not accept our credentials
  unreachable,   // name lookup or connection failed
  disk,          // the journal's medium failed
  disk_full,
  locked,  // another process holds it
  stopped,
  thinned,  // another reading stands for it, `buffer.thin`
  // of a reading's time, where its source gives one
  source_time_too_old,
  source_time_ahead,
  no_source_time,
};
inline constexpr int reason_count = static_cast<int>(Reason::no_source_time) + 1;

std::string_view to_string(Kind kind);
std::string_view to_string(Quality quality);
/// As users see it: lower case words, e.g. "illegal address".
std::string_view to_string(Reason reason);

/// Bits of Reading::flags.
enum ReadingFlag : std::uint8_t {
  source_time = 1,  // `time` was given by the source, not taken at reception
  thinned = 2,      // stands for several, see buffer/codec.h; only in batches of the journal
};

struct Reading {
  Time time = 0;           // event time, ns
  std::uint64_t bits = 0;  // the value; see as_*()
  SignalId signal = 0;
  Kind kind = Kind::none;
  Quality quality = Quality::good;
  Reason reason = Reason::none;
  std::uint8_t flags = 0;

  double as_float64() const { return std::bit_cast<double>(bits); }
  std::int64_t as_int64() const { return static_cast<std::int64_t>(bits); }
  std::uint64_t as_uint64() const { return bits; }
  bool as_boolean() const { return bits != 0; }
  /// Index into the TextTable of this run, or into the texts of a decoded batch.
  std::uint32_t as_text() const { return static_cast<std::uint32_t>(bits); }

  /// The value as a number for filters and windows: text is NaN, 64-bit integers round.
  double as_number() const;

  friend bool operator==(const Reading&, const Reading&) = default;
};
inline bool is_thinned(const Reading& reading) { return (reading.flags & thinned) != 0; }
static_assert(sizeof(Reading) == 24 && std::is_trivially_copyable_v<Reading>);

Reading float64_reading(SignalId signal, Time time, double value);
Reading int64_reading(SignalId signal, Time time, std::int64_t value);
Reading uint64_reading(SignalId signal, Time time, std::uint64_t value);
Reading boolean_reading(SignalId signal, Time time, bool value);
Reading text_reading(SignalId signal, Time time, std::uint32_t text);
/// No value, and why: a failed read is never a number.
Reading bad_reading(SignalId signal, Time time, Reason reason);

}  // namespace fieldweir
