#include "drivers/modbus/tcp_link.h"

#include <arpa/inet.h>
#include <modbus/modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "drivers/modbus/tcp_frame.h"

namespace fieldweir {
namespace {

static_assert(modbus_frame_bytes == MODBUS_TCP_MAX_ADU_LENGTH);

Error failed(const char* what, int code) {
  return error(Reason::not_connected, "%s: %s", what, strerrordesc_np(code));
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;  // 0: not an address
};

SocketAddress socket_address(const std::string& address, std::uint16_t port) {
  SocketAddress result;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    result.size = sizeof *v4;
  } else if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    result.size = sizeof *v6;
  }
  return result;
}

}  // namespace

struct ModbusTcpLink::Library {
  // the address is never used: the connection is ours, libmodbus only frames what arrives on it
  Library() : context(modbus_new_tcp("127.0.0.1", MODBUS_TCP_DEFAULT_PORT)) {
    if (context == nullptr) throw std::bad_alloc();
    modbus_set_error_recovery(context, MODBUS_ERROR_RECOVERY_NONE);
    // without a byte timeout the response timeout bounds the whole frame; it is short because
    // receive() is called once the whole frame is there: only a frame that lies about its length
    // needs it
    modbus_set_byte_timeout(context, 0, 0);
    modbus_set_response_timeout(context, 0, 40'000);
  }
  ~Library() { modbus_free(context); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  modbus_t* context;
  std::uint8_t frame[modbus_frame_bytes];
};

ModbusTcpLink::ModbusTcpLink(std::string host, std::uint16_t port, Resolver& resolver,
                             const Clock& clock)
    : host_(std::move(host)),
      port_(port),
      resolver_(resolver),
      clock_(clock),
      library_(std::make_unique<Library>()) {
  resolver_.expect(host_);
}

ModbusTcpLink::~ModbusTcpLink() { close(); }

void ModbusTcpLink::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  modbus_set_socket(library_->context, -1);
}

Result<> ModbusTcpLink::open(Time deadline, const Stop& stop) {
  if (socket_ >= 0) return {};
  const Result<Resolver::Address> address = resolver_.resolve(host_, deadline, stop);
  if (!address) return address.error();
  Result<> connected = connect_to(address.value(), deadline, stop);
  if (!connected) close();
  return connected;
}

Result<> ModbusTcpLink::connect_to(const Resolver::Address& address, Time deadline,
                                   const Stop& stop) {
  const SocketAddress peer = socket_address(std::string(address.view()), port_);
  if (peer.size == 0) return error(Reason::unreachable, "%s is no address", host_.c_str());
  socket_ = socket(peer.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return failed("socket", errno);
  if (socket_ >= FD_SETSIZE)  // libmodbus uses select(2), which would abort the process
    return error(Reason::not_connected, "too many open files: descriptor %d", socket_);
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  if (connect(socket_, reinterpret_cast<const sockaddr*>(&peer.storage), peer.size) != 0) {
    if (errno != EINPROGRESS) return failed("connect", errno);
    if (Result<> ready = wait_until(POLLOUT, deadline, stop); !ready) return ready;
    int code = 0;
    socklen_t size = sizeof code;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code != 0) return failed("connect", code);
  }
  modbus_set_socket(library_->context, socket_);
  return {};
}

Result<ModbusAnswer> ModbusTcpLink::ask(const ModbusRequest& request, Time deadline,
                                        const Stop& stop) {
  if (Result<> opened = open(deadline, stop); !opened) return opened.error();
  const std::uint16_t transaction = ++transaction_;
  Result<ModbusAnswer> answer = [&]() -> Result<ModbusAnswer> {
    if (Result<> sent = send(transaction, request); !sent) return sent.error();
    if (Result<> arrived = wait_for_frame(deadline, stop); !arrived) return arrived.error();
    const Result<std::span<const std::uint8_t>> frame = receive();
    if (!frame) return frame.error();
    return verify_tcp_answer(transaction, request, frame.value());
  }();
  if (!answer) close();
  return answer;
}

Result<> ModbusTcpLink::send(std::uint16_t transaction, const ModbusRequest& request) {
  // an own frame: modbus_send_raw_request would number every transaction 0
  ModbusFrame room;
  const auto frame = tcp_request(transaction, request, room);
  const ssize_t sent = ::send(socket_, frame.data(), frame.size(), MSG_NOSIGNAL);
  if (sent < 0) return failed("send", errno);
  // a socket buffer without room for 12 bytes: the peer has long stopped reading
  if (static_cast<std::size_t>(sent) != frame.size())
    return error(Reason::not_connected, "the peer does not take requests");
  return {};
}

// Looks at the frame without taking it until all of it is there, so that libmodbus, which cannot be
// interrupted, never waits. The usual frame arrives in one piece: one poll, one look. A frame in
// pieces takes three looks at most: at its first byte, when it says its size, when it is whole.
Result<> ModbusTcpLink::wait_for_frame(Time deadline, const Stop& stop) {
  std::uint8_t* const frame = library_->frame;
  std::size_t wanted = 1;
  std::size_t have = 0;
  for (;;) {
    if (Result<> ready = wait_until(POLLIN, deadline, stop); !ready) return ready;
    const ssize_t got = recv(socket_, frame, modbus_frame_bytes, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) return failed("receive", errno);
    have = static_cast<std::size_t>(got);
    if (have < wanted) return error(Reason::not_connected, "the peer closed the connection");
    const std::size_t whole =
        have < modbus_header_bytes ? modbus_header_bytes : announced_bytes({frame, have});
    if (whole == 0) return error(Reason::bad_response, "not a Modbus TCP frame");
    if (have >= whole && have > modbus_header_bytes) break;
    wanted = std::max(whole, modbus_header_bytes + 1);
    wake_at(wanted);
  }
  if (wanted > 1) wake_at(1);  // libmodbus reads in steps and must be woken by each
  return {};
}

void ModbusTcpLink::wake_at(std::size_t bytes) const {
  const int count = static_cast<int>(bytes);
  setsockopt(socket_, SOL_SOCKET, SO_RCVLOWAT, &count, sizeof count);
}

Result<> ModbusTcpLink::wait_until(short events, Time deadline, const Stop& stop) const {
  pollfd waiting[] = {{socket_, events, 0}, {stop.descriptor(), POLLIN, 0}};
  const Duration rest = std::max<Duration>(deadline - clock_.now(), 0);
  const timespec longest{static_cast<time_t>(rest / second), static_cast<long>(rest % second)};
  const int ready = ppoll(waiting, 2, &longest, nullptr);
  if (stop.requested()) return error(Reason::stopped, "stopping");
  if (ready == 0) return error(Reason::timeout, "no answer in time");
  if (ready < 0) return failed("poll", errno);
  return {};
}

Result<std::span<const std::uint8_t>> ModbusTcpLink::receive() {
  const int bytes = modbus_receive_confirmation(library_->context, library_->frame);
  if (bytes < 0) return error(Reason::bad_response, "incomplete frame: %s", modbus_strerror(errno));
  return std::span<const std::uint8_t>(library_->frame, static_cast<std::size_t>(bytes));
}

}  // namespace fieldweir
