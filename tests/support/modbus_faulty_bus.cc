#include "tests/support/modbus_faulty_bus.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace fieldweir {
namespace {

int listen_on_loopback(int& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, size) != 0 || listen(listener, 16) != 0 ||
      getsockname(listener, generic, &size) != 0)
    throw std::runtime_error("cannot listen");
  port = ntohs(address.sin_port);
  return listener;
}

constexpr Duration look_again = millisecond;  // at a pseudo-terminal that nobody has open

}  // namespace

ModbusFaultyBus::ModbusFaultyBus(const Settings& settings)
    : settings_(settings),
      bell_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      faults_(framing(), settings.times, settings.refusals, Random(settings.seed)),
      random_(Random(settings.seed).fork()) {
  if (serial())
    make_terminal();
  else
    listener_ = listen_on_loopback(port_);
  thread_ = std::thread([this] { run(); });
}

ModbusFaultyBus::~ModbusFaultyBus() {
  quit_.request();
  thread_.join();
  for (const End& end : ends_) close(end.descriptor);
  if (listener_ >= 0) close(listener_);
  close(bell_);
}

void ModbusFaultyBus::pause_faults(bool paused) {
  const std::scoped_lock lock(mutex_);
  paused_ = paused;
}

void ModbusFaultyBus::begin_turn() {
  const std::scoped_lock lock(mutex_);
  turn_ = clock_.now();
}

void ModbusFaultyBus::settle(bool owed) {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = ++settle_wanted_;
  eventfd_write(bell_, 1);
  settled_.wait(lock, [&] { return settle_done_ >= wanted && (!owed || nothing_owed_); });
}

std::size_t ModbusFaultyBus::requests() {
  const std::scoped_lock lock(mutex_);
  return asked_.size();
}

ModbusFaultyBus::Asked ModbusFaultyBus::asked(std::size_t number) {
  const std::scoped_lock lock(mutex_);
  return asked_.at(number);
}

// The new terminal is there before the old one goes: a terminal's number is used again, and whoever
// still follows the link must not come to somebody else's.
void ModbusFaultyBus::make_terminal() {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0)
    throw std::runtime_error("cannot make a pseudo-terminal");
  termios raw{};
  tcgetattr(terminal, &raw);
  cfmakeraw(&raw);
  tcsetattr(terminal, TCSANOW, &raw);
  char name[64];
  ptsname_r(terminal, name, sizeof name);
  std::filesystem::create_symlink(name, folder_.path() / "new");
  std::filesystem::rename(folder_.path() / "new", path());
  for (const End& end : ends_) close(end.descriptor);
  ends_.clear();
  ends_.push_back({terminal, ++end_names_, {}});
}

void ModbusFaultyBus::run() {
  std::vector<pollfd> watched;
  while (!quit_.requested()) {
    std::uint64_t wanted = 0;
    bool look_only = false;  // whoever settles waits for one look that began after he asked
    {
      const std::scoped_lock lock(mutex_);
      wanted = settle_wanted_;
      look_only = settle_done_ != wanted;
    }
    watched.assign({{quit_.descriptor(), POLLIN, 0}, {bell_, POLLIN, 0}, {listener_, POLLIN, 0}});
    bool hung_up = false;
    for (const End& end : ends_) {
      watched.push_back({end.descriptor, POLLIN, 0});
      hung_up |= end.hung_up;
    }
    // a terminal that is hung up is always readable: it is looked at now and then instead
    if (hung_up) watched.pop_back();
    const Time now = clock_.now();
    const Time due = std::min(next_due(), hung_up ? now + look_again : never);
    const Duration wait = look_only ? 0 : std::max<Duration>(due - now, 0);
    const timespec patience{wait / second, wait % second};
    ppoll(watched.data(), watched.size(), wait == never - now ? nullptr : &patience, nullptr);

    eventfd_t ignored;
    eventfd_read(bell_, &ignored);
    if (listener_ >= 0 && (watched[2].revents & POLLIN) != 0) accept_one();
    for (auto end = ends_.begin(); end != ends_.end();) {
      if (read(*end)) {
        take(*end++);
      } else {
        close(end->descriptor);
        end = ends_.erase(end);
      }
    }
    send_due();
    const std::scoped_lock lock(mutex_);
    settle_done_ = wanted;
    nothing_owed_ = owed_.empty();
    settled_.notify_all();
  }
}

void ModbusFaultyBus::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  const int on = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ends_.push_back({client, ++end_names_, {}});
}

bool ModbusFaultyBus::read(End& end) {
  std::uint8_t bytes[512];
  const ssize_t got = ::read(end.descriptor, bytes, sizeof bytes);
  end.hung_up = serial() && got < 0 && errno == EIO;
  if (got > 0) end.received.insert(end.received.end(), bytes, bytes + got);
  return got > 0 || end.hung_up || (got < 0 && errno == EAGAIN);
}

void ModbusFaultyBus::take(End& end) {
  while (const auto request = take_wire_request(framing(), end.received)) {
    const Time now = clock_.now();
    const std::scoped_lock lock(mutex_);
    const std::size_t number = asked_.size();
    const bool faulty = !paused_ && random_.unit() < settings_.fault_share;
    WireScript script =
        faulty ? faults_.faulty(*request, number) : faults_.answer(*request, number);
    asked_.push_back({*request, script.fault});
    const Time free = free_from(end);
    for (WireStep& step : script.steps) {
      const bool last = &step == &script.steps.back();
      owed_.push_back({std::max(now + step.after, free), latest(step.bound, now), end.name, number,
                       std::move(step.bytes), last && script.hang_up});
    }
    nothing_owed_ = owed_.empty();
  }
}

/// A TCP server puts one frame after the other; frames within frames, which have no checksum there,
/// could not be told from right ones.
Time ModbusFaultyBus::free_from(const End& end) const {
  Time free = 0;
  for (const Owed& owed : owed_)
    if (settings_.kind == WireKind::tcp && owed.end == end.name) free = std::max(free, owed.at);
  return free;
}

/// By the clock of the one who asks, or earlier: it asked no earlier than its turn began, and has
/// heard the answer no earlier than now.
Time ModbusFaultyBus::latest(WireBound bound, Time now) const {
  if (framing() == WireFraming::tcp || bound == WireBound::none) return never;
  return bound == WireBound::quiet ? now + settings_.times.quiet
                                   : turn_ + 2 * settings_.times.timeout;
}

Time ModbusFaultyBus::next_due() const {
  Time next = never;
  for (const Owed& owed : owed_) next = std::min(next, owed.at);
  return next;
}

void ModbusFaultyBus::send_due() {
  const Time now = clock_.now();
  for (std::size_t i = 0; i < owed_.size();) {
    if (owed_[i].at > now) {
      ++i;
      continue;
    }
    const Owed owed = std::move(owed_[i]);
    owed_.erase(owed_.begin() + static_cast<std::ptrdiff_t>(i));
    // the last fifth is for the way to the other end
    if (owed.until == never || now < owed.until - (owed.until - owed.at) / 5) send(owed);
  }
}

/// A serial device server says what comes from its bus to whoever is connected then.
void ModbusFaultyBus::send(const Owed& owed) {
  auto end = std::ranges::find(ends_, owed.end, &End::name);
  if (settings_.kind != WireKind::tcp && !ends_.empty()) end = std::prev(ends_.end());
  if (end == ends_.end()) return;
  const auto* bytes = owed.bytes.data();
  // where there is no room or nobody any more, it is lost, as on a wire
  if (serial())
    (void)!::write(end->descriptor, bytes, owed.bytes.size());
  else
    (void)!::send(end->descriptor, bytes, owed.bytes.size(), MSG_NOSIGNAL);
  {
    const std::scoped_lock lock(mutex_);
    const Time now = clock_.now();
    if (now > owed.until) asked_[owed.number].beyond = true;
    if (now > turn_ + settings_.times.timeout) asked_[owed.number].stalled = true;
  }
  if (!owed.hang_up) return;
  if (serial()) {
    make_terminal();
  } else {
    close(end->descriptor);
    ends_.erase(end);
  }
}

}  // namespace fieldweir
