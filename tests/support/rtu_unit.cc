#include "tests/support/rtu_unit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "tests/support/modbus_fault_server.h"

namespace fieldweir {
namespace {

std::uint16_t checksum(const RtuUnit::Bytes& bytes) {
  unsigned crc = 0xFFFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1;
  }
  return static_cast<std::uint16_t>(crc);
}

}  // namespace

RtuUnit::Bytes RtuUnit::with_checksum(Bytes bytes) {
  const unsigned crc = checksum(bytes);
  bytes.push_back(static_cast<std::uint8_t>(crc));
  bytes.push_back(static_cast<std::uint8_t>(crc >> 8));
  return bytes;
}

RtuUnit::Bytes RtuUnit::answer(const Bytes& request, std::uint32_t n) {
  if (request[1] >= 5) return with_checksum({request.begin(), request.begin() + 6});  // a write
  Bytes bytes = {request[0], request[1], static_cast<std::uint8_t>(2 * request[5])};
  for (unsigned i = 0; i < request[5]; ++i) {
    const std::uint16_t value =
        ModbusFaultServer::value(static_cast<std::uint16_t>((request[2] << 8 | request[3]) + i), n);
    bytes.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes.push_back(static_cast<std::uint8_t>(value));
  }
  return with_checksum(bytes);
}

RtuUnit::RtuUnit(Line line)
    : talk_([](const Bytes& request, std::uint32_t n) {
        return std::vector<Step>{{0, answer(request, n)}};
      }) {
  if (line == Line::pseudo_terminal) {
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
      throw std::runtime_error("no pseudo-terminal");
    path_ = ptsname(master);
    held_ = open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    termios raw{};
    cfmakeraw(&raw);
    tcsetattr(held_, TCSANOW, &raw);
    line_ = master;
  } else {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, generic, size) != 0 || listen(listener_, 4) != 0 ||
        getsockname(listener_, generic, &size) != 0)
      throw std::runtime_error("cannot listen");
    port_ = ntohs(address.sin_port);
  }
  thread_ = std::thread([this] { run(); });
}

RtuUnit::~RtuUnit() {
  quit_.request();
  thread_.join();
  for (const int descriptor : {line_.load(), held_, listener_})
    if (descriptor >= 0) close(descriptor);
}

void RtuUnit::set(Talk talk) {
  const std::lock_guard lock(mutex_);
  talk_ = std::move(talk);
}

void RtuUnit::say(const Bytes& bytes) const {
  if (write(line_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the line does not take it");
}

void RtuUnit::run() {
  while (!quit_.requested()) {
    pollfd watched[] = {
        {quit_.descriptor(), POLLIN, 0}, {line_, POLLIN, 0}, {listener_, POLLIN, 0}};
    poll(watched, 3, -1);
    if ((watched[2].revents & POLLIN) != 0) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      const int on = 1;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (line_ >= 0) close(line_);
      received_.clear();
      line_ = client;
      ++connections_;
    } else if (watched[1].revents != 0 && !serve()) {
      close(line_.exchange(-1));
    }
  }
}

bool RtuUnit::serve() {
  std::uint8_t room[300];
  const ssize_t got = read(line_, room, sizeof room);
  if (got <= 0) return false;
  received_.insert(received_.end(), room, room + got);
  constexpr std::size_t shortest = 7;  // device identification
  if (received_.size() < shortest || checksum(received_) != 0) return true;
  const Bytes request = std::exchange(received_, {});
  Talk talk;
  {
    const std::lock_guard lock(mutex_);
    talk = talk_;
  }
  for (const Step& step : talk(request, ++requests_)) {
    if (!pause(step.after)) return false;
    if (write(line_, step.bytes.data(), step.bytes.size()) < 0) return false;
    if (step.hang_up) return false;
  }
  return true;
}

bool RtuUnit::pause(int milliseconds) {
  pollfd quit = {quit_.descriptor(), POLLIN, 0};
  return poll(&quit, 1, milliseconds) == 0;
}

}  // namespace fieldweir
