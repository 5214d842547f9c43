#include "drivers/modbus/tcp_link.h"

#include <algorithm>

namespace fieldweir {

ModbusTcpLink::ModbusTcpLink(const ModbusEndpoint& endpoint, std::unique_ptr<ModbusPort> port,
                             const Clock& clock)
    : clock_(clock), quiet_(quiet_time(endpoint)), channel_(endpoint, std::move(port), clock) {}

Result<> ModbusTcpLink::open(Time deadline, const Stop& stop) {
  if (channel_.is_open()) return {};
  have_ = given_ = 0;
  asked_ = 0;
  answered_ = 0;
  return channel_.open(deadline, stop);
}

Result<ModbusAnswer> ModbusTcpLink::ask(const ModbusRequest& request, Time deadline,
                                        const Stop& stop) {
  Result<ModbusAnswer> answer = exchange(request, deadline, stop);
  if (!answer) {
    channel_.drop_unsent();
    close();
  }
  return answer;
}

Result<ModbusAnswer> ModbusTcpLink::exchange(const ModbusRequest& request, Time deadline,
                                             const Stop& stop) {
  drop(given_);
  given_ = 0;
  ++transaction_;
  if (channel_.is_open() && answered_ + quiet_ > deadline)
    return error(Reason::timeout, "the quiet time is longer than the time left to ask");
  // the usual reason for being out of step is that the peer has closed meanwhile
  if (channel_.is_open() && !in_step(answered_ + quiet_, stop)) close();
  if (Result<> opened = open(deadline, stop); !opened) return opened.error();

  ModbusFrame room;
  if (Result<> sent = channel_.write(tcp_request(transaction_, request, room), deadline, stop);
      !sent)
    return sent.error();
  const Result<ModbusAnswer> answer = await(request, deadline, stop);
  answered_ = clock_.now();
  asked_ = std::min(asked_ + 1, 0x7FFFu);  // half of the numbers there are
  return answer;
}

/// Whether nothing but late answers has come since the last request. Listens until `until`.
bool ModbusTcpLink::in_step(Time until, const Stop& stop) {
  constexpr int most = 100;  // a peer that never stops talking is not in step either
  for (int reads = 0; reads < most; ++reads) {
    const Result<std::size_t> frame = first_frame();
    if (!frame || frame.value() > 0) return false;
    const Result<std::size_t> got = channel_.read(std::span(buffer_).subspan(have_), until, stop);
    if (!got) return false;
    if (got.value() == 0) return have_ == 0;
    have_ += got.value();
  }
  return false;
}

Result<ModbusAnswer> ModbusTcpLink::await(const ModbusRequest& request, Time deadline,
                                          const Stop& stop) {
  for (;;) {
    const Result<std::size_t> frame = first_frame();
    if (!frame) return frame.error();
    if (frame.value() > 0) {
      given_ = frame.value();
      return verify_tcp_answer(transaction_, request, std::span(buffer_).first(given_));
    }
    const Result<std::size_t> got =
        channel_.read(std::span(buffer_).subspan(have_), deadline, stop);
    if (!got) return got.error();
    if (got.value() == 0) return error(Reason::timeout, "no answer in time");
    have_ += got.value();
  }
}

/// The size of the first whole frame that is no late answer; 0: there is none yet. Late answers
/// before it are discarded.
Result<std::size_t> ModbusTcpLink::first_frame() {
  while (have_ >= modbus_header_bytes) {
    const std::size_t size = announced_bytes(buffer_);
    if (size == 0) return error(Reason::bad_response, "not a Modbus TCP frame");
    if (have_ < size) break;
    const auto distance = static_cast<std::uint16_t>(transaction_ - transaction_of(buffer_));
    if (distance == 0 || distance > asked_) return size;
    drop(size);
    discarded.add();
  }
  return std::size_t{0};
}

void ModbusTcpLink::drop(std::size_t bytes) {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(bytes),
            buffer_.begin() + static_cast<std::ptrdiff_t>(have_), buffer_.begin());
  have_ -= bytes;
}

}  // namespace fieldweir
