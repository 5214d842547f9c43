#include "tests/support/modbus_fault_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace fieldweir {
namespace {

using Frame = std::vector<std::uint8_t>;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int listen_on_loopback(int backlog, int& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, size) != 0 || listen(listener, backlog) != 0 ||
      getsockname(listener, generic, &size) != 0)
    throw std::runtime_error("cannot listen");
  port = ntohs(address.sin_port);
  return listener;
}

unsigned big_endian(const std::uint8_t* at) { return at[0] << 8 | at[1]; }
void append(Frame& frame, unsigned value) {
  frame.push_back(static_cast<std::uint8_t>(value >> 8));
  frame.push_back(static_cast<std::uint8_t>(value));
}

constexpr std::size_t request_bytes = 12;

}  // namespace

ModbusFaultServer::ModbusFaultServer()
    : listener_(listen_on_loopback(16, port_)), thread_([this] { run(); }) {}

ModbusFaultServer::~ModbusFaultServer() {
  quit_.request();
  thread_.join();
  close(listener_);
}

void ModbusFaultServer::run() {
  std::vector<pollfd> watched = {{quit_.descriptor(), POLLIN, 0}, {listener_, POLLIN, 0}};
  while (!quit_.requested()) {
    poll(watched.data(), watched.size(), -1);
    for (std::size_t i = watched.size(); i-- > 2;) {
      if (watched[i].revents == 0 || serve(watched[i].fd)) continue;
      close(watched[i].fd);
      watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if ((watched[1].revents & POLLIN) != 0) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const int on = 1;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ++connections_;
      watched.push_back({client, POLLIN, 0});
    }
  }
  for (std::size_t i = 2; i < watched.size(); ++i) close(watched[i].fd);
}

bool ModbusFaultServer::serve(int client) {
  std::uint8_t request[request_bytes];
  if (recv(client, request, request_bytes, MSG_WAITALL) != request_bytes) return false;
  ++requests_;
  const ModbusFault fault = fault_;
  if (fault == ModbusFault::silence || (only_unit_ != 0 && request[6] != only_unit_)) return true;
  if (fault == ModbusFault::hang_up) return false;
  if (fault == ModbusFault::late && !pause(150)) return false;
  return send(client, answer(request, fault), fault);
}

Frame ModbusFaultServer::answer(const std::uint8_t* request, ModbusFault fault) {
  const bool bits = request[7] <= 2;
  const unsigned address = big_endian(request + 8);
  const unsigned asked = big_endian(request + 10);
  const unsigned count = asked - (fault == ModbusFault::wrong_count ? 1 : 0);
  const bool in_hole =
      hole_ >= static_cast<int>(address) && hole_ < static_cast<int>(address + asked);
  int exception = in_hole || fault == ModbusFault::illegal_address ? 2 : 0;
  if (fault == ModbusFault::busy) exception = 6;
  if (fault == ModbusFault::target_silent) exception = 11;
  const bool wrong = fault != ModbusFault::none && fault != ModbusFault::late &&
                     fault != ModbusFault::dribble && fault != ModbusFault::stalled_dribble &&
                     fault != ModbusFault::twice && fault != ModbusFault::once_then_close;

  Frame data;
  for (unsigned i = 0; i < (bits ? 0 : count); ++i)
    append(data, value(static_cast<std::uint16_t>(address + i), requests_) ^ (wrong ? 0x5555 : 0));
  if (bits) data.resize((count + 7) / 8);
  for (unsigned i = 0; i < (bits ? count : 0); ++i)
    data[i / 8] |= static_cast<std::uint8_t>(
        (value(static_cast<std::uint16_t>(address + i), requests_) & 1) << i % 8);

  Frame frame;
  append(frame, big_endian(request) - (fault == ModbusFault::wrong_transaction ? 1 : 0));
  append(frame, fault == ModbusFault::wrong_protocol ? 1 : 0);
  unsigned length = exception != 0 ? 3 : 3 + static_cast<unsigned>(data.size());
  if (fault == ModbusFault::wrong_length) ++length;
  if (fault == ModbusFault::impossible_length) length = 0x4000;
  append(frame, length);
  frame.push_back(
      static_cast<std::uint8_t>(request[6] + (fault == ModbusFault::wrong_unit ? 1 : 0)));
  if (exception != 0) {
    frame.push_back(request[7] | 0x80);
    frame.push_back(static_cast<std::uint8_t>(exception));
    return frame;
  }
  frame.push_back(fault == ModbusFault::wrong_function ? static_cast<std::uint8_t>(request[7] ^ 7)
                                                       : request[7]);
  frame.push_back(
      static_cast<std::uint8_t>(data.size() + (fault == ModbusFault::lying_count ? 2 : 0)));
  frame.insert(frame.end(), data.begin(), data.end());
  return frame;
}

bool ModbusFaultServer::send(int client, const Frame& frame, ModbusFault fault) {
  const auto out = [client](const std::uint8_t* bytes, std::size_t size) {
    return ::send(client, bytes, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
  };
  if (fault == ModbusFault::torn) {
    out(frame.data(), frame.size() / 2);
    return false;
  }
  const bool slow = fault == ModbusFault::stalled_dribble;
  if (slow || fault == ModbusFault::dribble) {
    for (const std::uint8_t byte : frame)
      if (!out(&byte, 1) || !pause(slow ? 80 : 2)) return false;
    return true;
  }
  return out(frame.data(), frame.size()) && fault != ModbusFault::once_then_close &&
         (fault != ModbusFault::twice || out(frame.data(), frame.size()));
}

bool ModbusFaultServer::pause(int milliseconds) {
  pollfd quit = {quit_.descriptor(), POLLIN, 0};
  return poll(&quit, 1, milliseconds) == 0;
}

// A listener that never accepts, its queue of one filled: further attempts are dropped by the
// kernel.
BlackHole::BlackHole() {
  sockets_.push_back(listen_on_loopback(0, port_));
  const sockaddr_in address = loopback(port_);
  for (int i = 0; i < 3; ++i) {
    const int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // whether this one still finds room does not matter
    (void)!connect(filler, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    sockets_.push_back(filler);
  }
}

BlackHole::~BlackHole() {
  for (const int socket : sockets_) close(socket);
}

}  // namespace fieldweir
