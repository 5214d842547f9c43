#include "daemon/status_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

#include "core/log.h"

namespace fieldweir {
namespace {

constexpr auto client_limit = std::chrono::milliseconds(200);

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path)
    throw std::system_error(ENAMETOOLONG, std::system_category(), path);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int connect_to(const std::string& path) {
  const sockaddr_un address = address_of(path);
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor >= 0 &&
      connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return descriptor;
  const int why = errno;
  if (descriptor >= 0) close(descriptor);
  throw std::system_error(why, std::system_category(), path);
}

// Whether a living process listens there; one that is too busy to accept is alive too.
bool in_use(const sockaddr_un& address) {
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool alive =
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN;
  close(probe);
  return alive;
}

int listen_at(const std::string& path) {
  const sockaddr_un address = address_of(path);
  if (in_use(address)) throw std::system_error(EADDRINUSE, std::system_category(), path);
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // only a socket: a path given by mistake must not cost anybody a file
  if (struct stat there{}; lstat(path.c_str(), &there) == 0 && S_ISSOCK(there.st_mode))
    unlink(path.c_str());
  if (descriptor >= 0 &&
      bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      chmod(path.c_str(), 0660) == 0 && listen(descriptor, 8) == 0)
    return descriptor;
  const int why = errno;
  if (descriptor >= 0) close(descriptor);
  throw std::system_error(why, std::system_category(), path);
}

// All of it or what the client reads in that time: one that reads byte by byte holds nobody up.
void send_within(int client, std::string_view text, std::chrono::milliseconds limit) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + limit;
  while (!text.empty()) {
    const ssize_t n = send(client, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (n == 0 || errno != EAGAIN) return;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd writable{client, POLLOUT, 0};
    if (left.count() <= 0 || poll(&writable, 1, static_cast<int>(left.count())) <= 0) return;
  }
}

}  // namespace

StatusSocket::StatusSocket(std::string path) : path_(std::move(path)) {
  try {
    descriptor_ = listen_at(path_);
  } catch (const std::system_error& problem) {
    log(LogLevel::warning, "status", "no status socket: %s", problem.what());
  }
}

StatusSocket::~StatusSocket() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(path_.c_str());
}

void StatusSocket::serve(const std::function<std::string()>& answer) const {
  const int client = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  send_within(client, answer(), client_limit);
  close(client);
}

std::string default_status_path() {
  const char* directory = std::getenv("RUNTIME_DIRECTORY");
  return std::string(directory != nullptr ? directory : "/run/fieldweir") + "/status.sock";
}

std::string ask_status(const std::string& path) {
  const int descriptor = connect_to(path);
  std::string answer;
  char piece[4096];
  pollfd readable{descriptor, POLLIN, 0};
  while (poll(&readable, 1, 5000) == 1) {
    const ssize_t n = read(descriptor, piece, sizeof piece);
    if (n <= 0) break;
    answer.append(piece, static_cast<std::size_t>(n));
  }
  close(descriptor);
  // all of it ends so; a gateway that is stopping or stuck leaves us with less or nothing
  if (!answer.ends_with("\n}\n")) throw std::system_error(ETIMEDOUT, std::system_category(), path);
  return answer;
}

}  // namespace fieldweir
