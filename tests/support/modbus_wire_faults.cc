#include "tests/support/modbus_wire_faults.h"

#include <algorithm>
#include <stdexcept>

namespace fieldweir {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t unasked = std::uint64_t{1} << 35;  // no request is numbered so
constexpr std::uint8_t exception_bit = 0x80;
constexpr std::size_t rtu_request_bytes = 8;
constexpr std::size_t tcp_request_bytes = 12;

unsigned big_endian(const std::uint8_t* at) { return at[0] << 8 | at[1]; }

void append(Bytes& bytes, unsigned value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

/// MODBUS over Serial Line V1.02, section 6.2.2; a bit at a time.
std::uint16_t checksum(std::span<const std::uint8_t> bytes) {
  unsigned crc = 0xFFFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1;
  }
  return static_cast<std::uint16_t>(crc);
}

WireRequest request_at(const std::uint8_t* unit) {
  return {0, unit[0], unit[1], static_cast<std::uint16_t>(big_endian(unit + 2)),
          static_cast<std::uint16_t>(big_endian(unit + 4))};
}

Bytes answer_pdu(const WireRequest& request, std::uint64_t number) {
  Bytes pdu = {request.function, static_cast<std::uint8_t>(2 * request.count)};
  for (unsigned at = request.address; at < request.address + request.count; ++at) {
    const auto base = static_cast<std::uint16_t>(at - at % 4);
    const std::uint64_t value = wire_value(request.unit, request.function, base, number);
    append(pdu, static_cast<unsigned>(value >> (48 - 16 * (at % 4)) & 0xFFFF));
  }
  return pdu;
}

}  // namespace

std::string_view to_string(WireFault fault) {
  static constexpr std::string_view names[] = {
      "none",         "late",         "twice",          "twice apart",   "truncated",
      "wrong unit",   "wrong number", "wrong protocol", "wrong length",  "wrong function",
      "wrong count",  "bad checksum", "slow bytes",     "stalled bytes", "exception",
      "noise before", "noise after",  "noise instead",  "noise, late",   "disconnect",
      "silence"};
  static_assert(std::size(names) == wire_fault_count);
  return names[static_cast<std::size_t>(fault)];
}

std::optional<WireRequest> take_wire_request(WireFraming framing, Bytes& received) {
  if (framing == WireFraming::tcp) {
    if (received.size() < tcp_request_bytes) return std::nullopt;
    WireRequest request = request_at(received.data() + 6);
    request.transaction = static_cast<std::uint16_t>(big_endian(received.data()));
    received.erase(received.begin(), received.begin() + tcp_request_bytes);
    return request;
  }
  // bytes that are no request (an echo of our own noise) are passed over one by one
  for (; received.size() >= rtu_request_bytes; received.erase(received.begin())) {
    if (checksum({received.data(), rtu_request_bytes}) != 0) continue;
    const WireRequest request = request_at(received.data());
    received.erase(received.begin(), received.begin() + rtu_request_bytes);
    return request;
  }
  return std::nullopt;
}

std::uint64_t wire_value(std::uint8_t unit, std::uint8_t function, std::uint16_t address,
                         std::uint64_t number) {
  const std::uint64_t name = static_cast<std::uint64_t>(unit) << 56 |
                             static_cast<std::uint64_t>(function) << 52 |
                             static_cast<std::uint64_t>(address) << 36 | number;
  return Random(name).next();  // one value for one name: the mixing can be undone
}

WireFaults::WireFaults(WireFraming framing, WireTimes times, bool refusals, Random random)
    : framing_(framing), times_(times), refusals_(refusals), random_(random) {}

Bytes WireFaults::frame(const WireRequest& request, const Bytes& pdu) const {
  Bytes bytes;
  if (framing_ == WireFraming::tcp) {
    append(bytes, request.transaction);
    append(bytes, 0);
    append(bytes, static_cast<unsigned>(pdu.size() + 1));
  }
  bytes.push_back(request.unit);
  bytes.insert(bytes.end(), pdu.begin(), pdu.end());
  if (framing_ == WireFraming::rtu) {
    const std::uint16_t crc = checksum(bytes);
    bytes.push_back(static_cast<std::uint8_t>(crc));
    bytes.push_back(static_cast<std::uint8_t>(crc >> 8));
  }
  return bytes;
}

WireScript WireFaults::answer(const WireRequest& request, std::uint64_t number) const {
  return {
      WireFault::none, {{0, WireBound::none, frame(request, answer_pdu(request, number))}}, false};
}

WireFault WireFaults::draw() {
  using enum WireFault;
  for (;;) {
    const auto fault = static_cast<WireFault>(1 + random_.below(wire_fault_count - 1));
    const bool of_tcp =
        fault == wrong_transaction || fault == wrong_protocol || fault == wrong_length;
    const bool of_rtu = fault == bad_checksum;
    if (!(framing_ == WireFraming::tcp ? of_rtu : of_tcp)) return fault;
  }
}

WireScript WireFaults::faulty(const WireRequest& request, std::uint64_t number) {
  WireScript out;
  out.fault = draw();
  script(out, request, number);
  return out;
}

Duration WireFaults::part(Duration whole, double from, double to) {
  const double share = from + (to - from) * random_.unit();
  return static_cast<Duration>(static_cast<double>(whole) * share);
}

Bytes WireFaults::noise() {
  Bytes bytes(1 + random_.below(24));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_.next());
  return bytes;
}

void WireFaults::bytewise(WireScript& out, const Bytes& frame, double shortest, double longest) {
  const Duration whole = part(times_.timeout, shortest, longest);
  for (std::size_t i = 0; i < frame.size(); ++i)
    out.steps.push_back({whole * static_cast<Duration>(i + 1) / static_cast<Duration>(frame.size()),
                         WireBound::two_timeouts,
                         {frame[i]}});
}

/// A frame that agrees with itself and is not what was asked for, or one that lies about itself.
Bytes WireFaults::miscounted(const WireRequest& request, Bytes pdu) {
  WireRequest other = request;
  switch (random_.below(4)) {
    case 0:
      other.count =
          static_cast<std::uint16_t>(request.count - 1 - random_.below(request.count - 1));
      return answer_pdu(other, unasked);
    case 1:
      other.count = static_cast<std::uint16_t>(request.count + 1 + random_.below(8));
      return answer_pdu(other, unasked);
    case 2:
      pdu[1] = static_cast<std::uint8_t>(pdu[1] + 1 + random_.below(255));
      return pdu;
    default:  // the count that was asked for, and not so many bytes
      pdu.resize(pdu.size() - 1 - random_.below(pdu.size() - 2));
      return pdu;
  }
}

/// Whole or torn, and never to be believed, but for exceptions.
Bytes WireFaults::wrong(WireFault fault, const WireRequest& request) {
  using enum WireFault;
  Bytes pdu = answer_pdu(request, unasked);
  Bytes bytes = frame(request, pdu);
  WireRequest other = request;
  switch (fault) {
    case truncated:
      bytes.resize(1 + random_.below(bytes.size() - 1));
      return bytes;
    case disconnect:
      bytes.resize(random_.below(bytes.size()));
      return bytes;
    case wrong_unit:
      other.unit = static_cast<std::uint8_t>(request.unit + 1 + random_.below(3));
      return frame(other, pdu);
    case wrong_transaction: {
      const int distance = static_cast<int>(1 + random_.below(9));
      const bool ahead = random_.below(8) == 0;
      other.transaction =
          static_cast<std::uint16_t>(request.transaction + (ahead ? distance : -distance));
      return frame(other, pdu);
    }
    case wrong_protocol:
      bytes[2 + random_.below(2)] = static_cast<std::uint8_t>(1 + random_.below(255));
      return bytes;
    case wrong_length:
      bytes[5] = static_cast<std::uint8_t>(bytes[5] + 1 + random_.below(255));
      if (random_.below(4) == 0) bytes[4] = static_cast<std::uint8_t>(random_.next());
      return bytes;
    case wrong_function:
      pdu[0] = static_cast<std::uint8_t>(request.function ^ 7);
      if (random_.below(4) == 0) pdu = {static_cast<std::uint8_t>(pdu[0] | exception_bit), 4};
      return frame(request, pdu);
    case wrong_count:
      return frame(request, miscounted(request, pdu));
    case bad_checksum: {
      // one to three bits: the checksum finds them all, as it need not for more
      const std::uint64_t first = random_.below(8 * bytes.size() - 2);
      const std::uint64_t last = first + random_.below(3);
      for (std::uint64_t bit = first; bit <= last; ++bit)
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1u << bit % 8);
      return bytes;
    }
    default: {
      std::uint64_t code = 1 + random_.below(11);
      if (!refusals_ && (code == 2 || code == 3)) code = 4;
      return frame(request, {static_cast<std::uint8_t>(request.function | exception_bit),
                             static_cast<std::uint8_t>(code)});
    }
  }
}

void WireFaults::script(WireScript& out, const WireRequest& request, std::uint64_t number) {
  using enum WireFault;
  const Bytes good = frame(request, answer_pdu(request, number));
  const auto say = [&out](Bytes bytes, Duration after = 0, WireBound bound = WireBound::none) {
    out.steps.push_back({after, bound, std::move(bytes)});
  };

  switch (out.fault) {
    case silence:
      return;
    case late:
      return say(good, part(times_.timeout, 1.1, framing_ == WireFraming::tcp ? 4 : 1.7),
                 WireBound::two_timeouts);
    case twice:
      say(good);
      out.steps[0].bytes.insert(out.steps[0].bytes.end(), good.begin(), good.end());
      return;
    case twice_apart:
      say(good);
      return say(good, part(times_.quiet, 0.1, 0.7), WireBound::quiet);
    case slow_bytes:
      return bytewise(out, good, 0.2, 0.7);
    case stalled_bytes:
      return bytewise(out, good, 1.2, 1.7);
    case noise_before:
      say(noise());
      return say(good, random_.below(2) == 0 ? 0 : part(times_.quiet, 0.1, 0.5));
    case noise_after:
      say(good);
      return say(noise(), random_.below(2) == 0 ? 0 : part(times_.quiet, 0.1, 0.7),
                 WireBound::quiet);
    case noise_instead:
      return say(noise());
    case noise_and_late:
      say(noise());
      return say(good, part(times_.timeout, 1.1, 1.7), WireBound::two_timeouts);
    case wrong_transaction:
      say(wrong(out.fault, request));
      if (random_.below(2) == 0) say(good, part(times_.timeout, 0, 0.3));
      return;
    default:
      out.hang_up = out.fault == disconnect;
      return say(wrong(out.fault, request));
  }
}

}  // namespace fieldweir
