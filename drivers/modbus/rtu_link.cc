#include "drivers/modbus/rtu_link.h"

#include <algorithm>

namespace fieldweir {
namespace {

/// USB adapters hand over what they have heard up to 16 ms later; the rest of a damaged answer may
/// be among it.
constexpr Duration adapter_latency = 20 * millisecond;

/// More is no late answer, but a line that somebody else talks on.
constexpr std::size_t most_noise = 64 * 1024;

}  // namespace

ModbusRtuLink::ModbusRtuLink(const ModbusEndpoint& endpoint, std::unique_ptr<ModbusPort> port,
                             const Clock& clock)
    : clock_(clock),
      quiet_(quiet_time(endpoint)),
      serial_(!endpoint.serial.empty()),
      channel_(endpoint, std::move(port), clock) {}

Result<> ModbusRtuLink::open(Time deadline, const Stop& stop) {
  if (channel_.is_open()) return {};
  Result<> opened = channel_.open(deadline, stop);
  heard_ = clock_.now();
  return opened;
}

Result<ModbusAnswer> ModbusRtuLink::ask(const ModbusRequest& request, Time deadline,
                                        const Stop& stop) {
  Duration& patience = timeouts_[request.unit];
  patience = std::max(patience, deadline - clock_.now());
  if (Result<> prepared = prepare(request.unit, deadline, stop); !prepared) {
    if (!serial_ || prepared.error().reason == Reason::not_connected) close();
    return prepared.error();
  }
  Result<ModbusAnswer> answer = exchange(request, deadline, stop);
  heard_ = clock_.now();
  if (answer) {
    if (!is_single_write(request.function)) echoes_ = echo_skipped_;
    return answer;
  }
  channel_.drop_unsent();
  // from the deadline on, not from now: noise may have ended the wait early, and the answer be late
  quiet_until_[request.unit] = damaged_ ? 0 : deadline + patience;
  if (answer.error().reason == Reason::bad_response) heard_ += adapter_latency;
  if (!serial_ || answer.error().reason == Reason::not_connected) close();
  return answer;
}

/// Makes sure of an open line on which nothing is under way that `unit` could have sent.
Result<> ModbusRtuLink::prepare(std::uint8_t unit, Time deadline, const Stop& stop) {
  if (quiet_until_[unit] > deadline)
    return error(Reason::timeout, "unit %u may still answer an earlier request", unit);
  if (channel_.is_open()) {
    const Result<> quiet = listen(quiet_until_[unit], deadline, stop);
    if (quiet || quiet.error().reason != Reason::not_connected) return quiet;
    close();  // it went while nothing was asked
  }
  if (Result<> opened = open(deadline, stop); !opened) return opened;
  return listen(quiet_until_[unit], deadline, stop);
}

/// Discards what comes until the line has been quiet for the quiet time, and until `least`.
Result<> ModbusRtuLink::listen(Time least, Time deadline, const Stop& stop) {
  std::size_t noise = 0;
  for (;;) {
    const Time until = std::max(heard_ + quiet_, least);
    if (until > deadline || noise > most_noise)
      return error(Reason::bad_response, "the line does not become quiet");
    const Result<std::size_t> got = channel_.read(buffer_, until, stop);
    if (!got) return got.error();
    if (got.value() == 0) break;
    noise += got.value();
    heard_ = clock_.now();
  }
  if (noise > 0) discarded.add();
  return {};
}

Result<ModbusAnswer> ModbusRtuLink::exchange(const ModbusRequest& request, Time deadline,
                                             const Stop& stop) {
  have_ = 0;
  echo_skipped_ = damaged_ = false;
  ModbusFrame room;
  const Bytes sent = rtu_request(request, room);
  if (Result<> written = channel_.write(sent, deadline, stop); !written) return written.error();
  for (;;) {
    const Result<std::size_t> got =
        channel_.read(std::span(buffer_).subspan(have_), deadline, stop);
    if (!got) return got.error();
    if (got.value() == 0) return error(Reason::timeout, "no answer in time");
    have_ += got.value();
    if (const auto judged = judge(request, sent)) return *judged;
  }
}

/// What has come so far: the answer, something that cannot become it, or nothing yet.
std::optional<Result<ModbusAnswer>> ModbusRtuLink::judge(const ModbusRequest& request, Bytes sent) {
  for (;;) {
    skip_echo(request, sent);
    const Bytes bytes = Bytes(buffer_).first(have_);
    const std::size_t size = rtu_answer_bytes(bytes);
    if (size > have_) return std::nullopt;
    if (size > 0 && crc16(bytes.first(size)) == 0) {
      const bool foreign = bytes[0] != request.unit;
      if (foreign || size < have_) discarded.add();  // another unit's, late; or the same twice
      if (!foreign) return verify_rtu_answer(request, bytes.first(size));
      drop(size);
      continue;
    }
    const bool start_of_echo =
        !echo_skipped_ && have_ < sent.size() && std::ranges::equal(bytes, sent.first(have_));
    if (start_of_echo) return std::nullopt;
    // on an adapter that echoes it may be the echo that is damaged, and the answer still to come
    damaged_ = echo_skipped_ == echoes_ && size > 0 && bytes[0] == request.unit &&
               bytes[1] == static_cast<std::uint8_t>(request.function);
    return error(Reason::bad_response, size > 0 ? "wrong checksum" : "not a Modbus RTU frame");
  }
}

/// Some adapters hear what they send. The answer to a single write looks like its echo; there, what
/// other requests have shown of the adapter decides.
void ModbusRtuLink::skip_echo(const ModbusRequest& request, Bytes sent) {
  if (echo_skipped_ || have_ < sent.size()) return;
  if (!std::ranges::equal(Bytes(buffer_).first(sent.size()), sent)) return;
  if (is_single_write(request.function) && !echoes_) return;
  drop(sent.size());
  echo_skipped_ = true;
}

void ModbusRtuLink::drop(std::size_t bytes) {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(bytes),
            buffer_.begin() + static_cast<std::ptrdiff_t>(have_), buffer_.begin());
  have_ -= bytes;
}

}  // namespace fieldweir
