#include "drivers/modbus/served_bus.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace fieldweir {
namespace {

constexpr std::size_t most_peers = 32;
constexpr Duration torn_after = 100 * millisecond;  // silence within a frame of a line
constexpr std::uint8_t illegal_function = 1;
constexpr std::uint8_t illegal_address = 2;
constexpr std::uint8_t illegal_value = 3;
constexpr std::uint8_t nobody_there = 11;

bool is_table_access(std::uint8_t function) {
  constexpr std::uint8_t known[] = {1, 2, 3, 4, 5, 6, 15, 16, 22, 23};
  return std::ranges::find(known, function) != std::end(known);
}

}  // namespace

ServedBus::ServedBus(ModbusFraming framing, int descriptor, bool line)
    : framing_(framing), line_(line), server_(framing) {
  if (line)
    peers_.push_back({descriptor});
  else
    listening_ = descriptor;
}

ServedBus::~ServedBus() {
  for (const Peer& peer : peers_) close(peer.descriptor);
  if (listening_ >= 0) close(listening_);
}

void ServedBus::append_to(std::vector<pollfd>& waiting) const {
  if (listening_ >= 0) waiting.push_back({listening_, POLLIN, 0});
  for (const Peer& peer : peers_) waiting.push_back({peer.descriptor, POLLIN, 0});
}

void ServedBus::serve(const std::vector<pollfd>& ready, Time now) {
  const auto spoke = [&ready](int descriptor) {
    return std::ranges::any_of(ready, [descriptor](const pollfd& entry) {
      return entry.fd == descriptor && entry.revents != 0;
    });
  };
  std::erase_if(peers_, [&](Peer& peer) {
    if (!spoke(peer.descriptor) || take(peer, now)) return false;
    if (line_) {  // there is only this one; whoever used it may come back
      peer.have = 0;
      return false;
    }
    close(peer.descriptor);
    return true;
  });
  if (listening_ >= 0 && spoke(listening_)) accept_peer();
}

void ServedBus::accept_peer() {
  const int descriptor = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return;
  if (peers_.size() == most_peers) {
    close(descriptor);
    return;
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  peers_.push_back({descriptor});
}

bool ServedBus::take(Peer& peer, Time now) {
  if (framing_ == ModbusFraming::rtu && now - peer.last > torn_after) peer.have = 0;
  peer.last = now;
  const ssize_t got =
      read(peer.descriptor, peer.bytes.data() + peer.have, peer.bytes.size() - peer.have);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  peer.have += static_cast<std::size_t>(got);
  for (;;) {
    const std::span<const std::uint8_t> start(peer.bytes.data(), peer.have);
    const std::size_t bytes = request_bytes(framing_, start);
    if (bytes == 0) return false;
    if (bytes > peer.have) return true;
    if (!handle(peer, start.first(bytes))) return false;
    std::copy(start.begin() + static_cast<std::ptrdiff_t>(bytes), start.end(), peer.bytes.begin());
    peer.have -= bytes;
    if (peer.have == 0) return true;
  }
}

bool ServedBus::handle(const Peer& peer, std::span<const std::uint8_t> frame) {
  const auto request = take_apart(framing_, frame);
  if (!request) return false;
  const auto unit = units_.find(request->unit);
  if (unit == units_.end())  // on a line nobody speaks up; a gateway says that it heard nobody
    return framing_ == ModbusFraming::rtu || server_.refuse(peer.descriptor, frame, nobody_there);
  ++answered_;
  if (!is_table_access(request->function))
    return server_.refuse(peer.descriptor, frame, illegal_function);
  if (!request->reads && !request->writes)
    return server_.refuse(peer.descriptor, frame, illegal_value);
  if (!allowed(*request, *unit->second))
    return server_.refuse(peer.descriptor, frame, illegal_address);
  if (request->writes)
    unit->second->mark_written(request->writes->table, request->writes->address,
                               request->writes->count);
  return server_.answer(peer.descriptor, frame, *unit->second);
}

/// Whether all that it asks for is there; counts beyond what a frame holds are libmodbus' to
/// refuse.
bool ServedBus::allowed(const ReceivedRequest& request, const ModbusUnit& unit) const {
  for (const auto& access : {request.reads, request.writes})
    if (access && access->count > 0 && !unit.covers(access->table, access->address, access->count))
      return false;
  return true;
}

}  // namespace fieldweir
