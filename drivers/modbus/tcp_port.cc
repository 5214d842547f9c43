#include "drivers/modbus/tcp_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace fieldweir {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;  // 0: not an address
};

SocketAddress socket_address(const Resolver::Address& address, std::uint16_t port) {
  char text[Resolver::Address::capacity() + 1] = {};  // inet_pton wants the closing zero
  address.view().copy(text, sizeof text - 1);
  SocketAddress result;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    result.size = sizeof *v4;
  } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    result.size = sizeof *v6;
  }
  return result;
}

Result<> connect_to(int descriptor, const SocketAddress& peer, Time deadline, const Clock& clock,
                    const Stop& stop) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&peer.storage), peer.size) == 0)
    return {};
  if (errno != EINPROGRESS) return system_error("connect", errno);
  const Result<bool> ready = wait_for(descriptor, POLLOUT, deadline, clock, stop);
  if (!ready) return ready.error();
  if (!ready.value()) return error(Reason::timeout, "no connection in time");
  int code = 0;
  socklen_t size = sizeof code;
  getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0) return system_error("connect", code);
  return {};
}

}  // namespace

ModbusTcpPort::ModbusTcpPort(const ModbusEndpoint& endpoint, Resolver& resolver, const Clock& clock)
    : host_(endpoint.host), port_(endpoint.port), resolver_(resolver), clock_(clock) {
  resolver_.expect(host_);
}

Result<int> ModbusTcpPort::open(Time deadline, const Stop& stop) {
  const Result<Resolver::Address> found = resolver_.resolve(host_, deadline, stop);
  if (!found) return found.error();
  const SocketAddress peer = socket_address(found.value(), port_);
  if (peer.size == 0) return error(Reason::unreachable, "%s is no address", host_.c_str());
  const int descriptor =
      socket(peer.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return system_error("socket", errno);
  const Result<> connected = connect_to(descriptor, peer, deadline, clock_, stop);
  if (connected) return descriptor;
  close(descriptor);
  return connected.error();
}

}  // namespace fieldweir
