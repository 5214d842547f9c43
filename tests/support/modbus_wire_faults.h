// modbus_wire_faults: what a Modbus device gone wrong puts on the wire, drawn by seed. Pure: a
// request in, a script of bytes and times out. Knows the protocol from its specifications, not from
// the code that it is to test.
//
// Every 64-bit value served is unique to (unit, table, address, request number), spread over four
// registers, so that a value that is stale, foreign or torn gives itself away. Frames that must not
// be believed carry values that nobody ever asked for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "core/time.h"

namespace fieldweir {

enum class WireFraming : std::uint8_t { tcp, rtu };

enum class WireFault : std::uint8_t {
  none,
  late,         // after the timeout
  twice,        // in one go
  twice_apart,  // the second one a little later
  truncated,
  wrong_unit,
  wrong_transaction,  // TCP
  wrong_protocol,     // TCP
  wrong_length,       // TCP: in the header
  wrong_function,
  wrong_count,    // of bytes: lying, or true of more or less than was asked for
  bad_checksum,   // RTU
  slow_bytes,     // one at a time, whole within the timeout
  stalled_bytes,  // one at a time, whole after it
  exception,
  noise_before,
  noise_after,
  noise_instead,
  noise_and_late,  // noise at once, the answer after the timeout
  disconnect,      // in mid-frame
  silence,
};
inline constexpr std::size_t wire_fault_count = static_cast<std::size_t>(WireFault::silence) + 1;
std::string_view to_string(WireFault fault);

struct WireRequest {
  std::uint16_t transaction = 0;  // TCP
  std::uint8_t unit = 0;
  std::uint8_t function = 0;  // 3 or 4
  std::uint16_t address = 0;
  std::uint16_t count = 0;
};

/// Takes the first whole request from the front of `received`, with whatever is none before it.
std::optional<WireRequest> take_wire_request(WireFraming framing,
                                             std::vector<std::uint8_t>& received);

/// What the four registers from `address` (a multiple of 4) hold in the answer to the `number`-th
/// request.
std::uint64_t wire_value(std::uint8_t unit, std::uint8_t function, std::uint16_t address,
                         std::uint64_t number);

struct WireTimes {
  Duration timeout;  // of the one who asks
  Duration quiet;    // RTU: how long nothing may have been heard before the next request
};

/// Until when something may be said so that it can still be told from the answer to a later
/// request. TCP numbers its requests and needs no such bound.
enum class WireBound : std::uint8_t {
  none,
  two_timeouts,  // after the request
  quiet,         // after the answer
};

struct WireStep {
  Duration after;  // the request
  WireBound bound;
  std::vector<std::uint8_t> bytes;
};

struct WireScript {
  WireFault fault = WireFault::none;
  std::vector<WireStep> steps;
  bool hang_up = false;  // after the last step
};

class WireFaults {
 public:
  /// `refusals`: exceptions 2 and 3 as well, from which the driver learns.
  WireFaults(WireFraming framing, WireTimes times, bool refusals, Random random);

  /// The right answer.
  WireScript answer(const WireRequest& request, std::uint64_t number) const;
  /// An answer with one of the faults that the framing can have.
  WireScript faulty(const WireRequest& request, std::uint64_t number);

 private:
  using Bytes = std::vector<std::uint8_t>;
  Bytes frame(const WireRequest& request, const Bytes& pdu) const;
  WireFault draw();
  void script(WireScript& out, const WireRequest& request, std::uint64_t number);
  Bytes wrong(WireFault fault, const WireRequest& request);
  Bytes miscounted(const WireRequest& request, Bytes pdu);
  void bytewise(WireScript& out, const Bytes& frame, double shortest, double longest);
  Bytes noise();
  Duration part(Duration whole, double from, double to);

  const WireFraming framing_;
  const WireTimes times_;
  const bool refusals_;
  Random random_;
};

}  // namespace fieldweir
