#include "drivers/modbus/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace fieldweir {

Error system_error(const char* what, int code) {
  return error(Reason::not_connected, "%s: %s", what, strerrordesc_np(code));
}

Result<bool> wait_for(int descriptor, short events, Time until, const Clock& clock,
                      const Stop& stop) {
  for (;;) {
    pollfd waiting[] = {{descriptor, events, 0}, {stop.descriptor(), POLLIN, 0}};
    const Duration rest = std::max<Duration>(until - clock.now(), 0);
    const timespec longest{static_cast<time_t>(rest / second), static_cast<long>(rest % second)};
    const int ready = ppoll(waiting, 2, &longest, nullptr);
    if (stop.requested()) return error(Reason::stopped, "stopping");
    if (ready >= 0) return waiting[0].revents != 0;
    if (errno != EINTR) return system_error("poll", errno);
  }
}

ModbusChannel::ModbusChannel(const ModbusEndpoint& endpoint, std::unique_ptr<ModbusPort> port,
                             const Clock& clock)
    : port_(std::move(port)),
      clock_(clock),
      close_after_(endpoint.close_after),
      pause_after_connect_(endpoint.pause_after_connect) {}

Result<> ModbusChannel::open(Time deadline, const Stop& stop) {
  if (is_open()) return {};
  const Result<int> opened = port_->open(deadline, stop);
  if (!opened) return opened.error();
  descriptor_ = opened.value();
  used_ = clock_.now();
  if (pause_after_connect_ == 0) return {};
  const Time end = used_ + pause_after_connect_;
  // a descriptor that poll(2) passes over: what comes meanwhile is for the next read()
  if (const Result<bool> paused = wait_for(-1, 0, std::min(end, deadline), clock_, stop); !paused)
    return paused.error();
  if (end > deadline) return error(Reason::timeout, "pausing after connecting");
  return {};
}

void ModbusChannel::close() {
  if (is_open()) ::close(descriptor_);
  descriptor_ = -1;
}

void ModbusChannel::drop_unsent() {
  if (!is_open()) return;
  // a socket: closing it resets the connection, instead of sending the rest for minutes to come
  const linger none{1, 0};
  if (setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &none, sizeof none) != 0)
    tcflush(descriptor_, TCOFLUSH);
}

Time ModbusChannel::rest(Time now, Time next) {
  if (!is_open() || !close_after_) return never;
  const Time end = used_ + *close_after_;
  if (end > now) return end < next ? end : never;
  close();
  return never;
}

Result<std::size_t> ModbusChannel::read(std::span<std::uint8_t> room, Time until,
                                        const Stop& stop) {
  for (;;) {
    const Result<bool> ready = wait_for(descriptor_, POLLIN, until, clock_, stop);
    if (!ready) return ready.error();
    if (!ready.value()) return std::size_t{0};
    const ssize_t got = ::read(descriptor_, room.data(), room.size());
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return error(Reason::not_connected, "the other end closed the connection");
    if (errno != EAGAIN && errno != EINTR) return system_error("receive", errno);
  }
}

Result<> ModbusChannel::write(std::span<const std::uint8_t> bytes, Time deadline,
                              const Stop& stop) {
  used_ = clock_.now();
  if (used_ >= deadline) return error(Reason::timeout, "there was no time left to ask");
  while (!bytes.empty()) {
    ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == ENOTSOCK) sent = ::write(descriptor_, bytes.data(), bytes.size());
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      const Result<bool> ready = wait_for(descriptor_, POLLOUT, deadline, clock_, stop);
      if (!ready) return ready.error();
      if (!ready.value()) return error(Reason::timeout, "the other end does not take requests");
    } else if (errno != EINTR) {
      return system_error("send", errno);
    }
  }
  return {};
}

}  // namespace fieldweir
