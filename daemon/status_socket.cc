#include "daemon/status_socket.h"

#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

#include "core/log.h"

namespace fieldweir {
namespace {

constexpr auto client_limit = std::chrono::milliseconds(200);
constexpr auto silence = std::chrono::milliseconds(100);
constexpr auto longest_stay = std::chrono::seconds(15);
constexpr std::string_view write_verb = "write ";
constexpr std::size_t longest_line = 1024;
constexpr std::string_view nothing_to_write =
    R"({"id":null,"signal":null,"asked":null,"result":"refused","reason":"not allowed",)"
    R"("message":"no signal has a `write:` section"})"
    "\n";

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

/// Adds what has come of the one line; `ended` when it is whole, too long, or all there will be.
void hear(int client, std::string& line, bool& ended) {
  char piece[longest_line + 1];
  const ssize_t n = recv(client, piece, sizeof piece, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n > 0) line.append(piece, static_cast<std::size_t>(n));
  const std::size_t end = line.find('\n');
  ended = n <= 0 || end != std::string::npos || line.size() > longest_line;
  line.resize(std::min(end, line.size()));
}

/// "cli pi (1000)". The name is looked up in this machine's own list only: others may take long.
std::string who_is(int client) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return "cli";
  std::string name;
  if (FILE* list = std::fopen("/etc/passwd", "re")) {
    passwd user{};
    passwd* found = nullptr;
    char buffer[1024];
    while (fgetpwent_r(list, &user, buffer, sizeof buffer, &found) == 0)
      if (user.pw_uid == peer.uid) {
        name = std::string(user.pw_name).substr(0, 40) + " ";
        break;
      }
    std::fclose(list);
  }
  return "cli " + name + "(" + std::to_string(peer.uid) + ")";
}

/// What the daemon at `path` answers to `line`, until it ends the connection or is silent for
/// `patience` ms.
std::string ask(const std::string& path, std::string_view line, int patience) {
  const int descriptor = connect_to(path);
  send_within(descriptor, line, client_limit);
  std::string answer;
  char piece[4096];
  pollfd readable{descriptor, POLLIN, 0};
  while (poll(&readable, 1, patience) == 1) {
    const ssize_t n = read(descriptor, piece, sizeof piece);
    if (n <= 0) break;
    answer.append(piece, static_cast<std::size_t>(n));
  }
  close(descriptor);
  return answer;
}

}  // namespace

StatusSocket::StatusSocket(std::string path) : path_(std::move(path)) {
  try {
    descriptor_ = listen_at(path_);
  } catch (const std::system_error& problem) {
    log(LogLevel::warning, "status",
        "no `status` and no `write`: %s; `run --socket PATH` "
        "puts the socket elsewhere",
        problem.what());
  }
}

StatusSocket::~StatusSocket() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(path_.c_str());
}

std::size_t StatusSocket::wait_for(std::span<pollfd> out) const {
  std::size_t count = 0;
  if (clients_.size() < most_clients) out[count++] = {descriptor_, POLLIN, 0};
  for (const Client& client : clients_)
    if (client.ticket == 0 && !client.ended) out[count++] = {client.descriptor, POLLIN, 0};
  return count;
}

int StatusSocket::longest_wait() const {
  const bool waits =
      std::ranges::any_of(clients_, [](const Client& c) { return c.ticket != 0 || c.ended; });
  return waits ? 10 : clients_.empty() ? 60'000 : 50;
}

void StatusSocket::serve(const std::function<std::string()>& status, CommandPort* commands,
                         const Clock& clock) {
  accept_clients();
  if (commands != nullptr) tell_answers(*commands);
  std::erase_if(clients_, [&](Client& client) {
    const bool goes = serve(client, status, commands, clock) ||
                      std::chrono::steady_clock::now() - client.since > longest_stay;
    if (goes) close(client.descriptor);
    return goes;
  });
}

void StatusSocket::accept_clients() {
  while (clients_.size() < most_clients) {
    const int client = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    clients_.push_back({.descriptor = client, .since = std::chrono::steady_clock::now()});
  }
}

/// Whether that is all for this client.
bool StatusSocket::serve(Client& client, const std::function<std::string()>& status,
                         CommandPort* commands, const Clock& clock) {
  if (client.ticket != 0) return false;
  if (!client.ended) hear(client.descriptor, client.line, client.ended);
  const auto quiet = std::chrono::steady_clock::now() - client.since;
  if (!client.ended && (!client.line.empty() || quiet < silence)) return false;
  client.ended = true;
  if (client.line.starts_with(write_verb)) {
    if (commands != nullptr) return submit(client, *commands, clock);
    send_within(client.descriptor, nothing_to_write, client_limit);
  } else if (client.line.empty() || client.line == "status") {
    send_within(client.descriptor, status(), client_limit);
  }
  return true;
}

/// Whether the client goes: never; if the commands worker has no room, it is asked again.
bool StatusSocket::submit(Client& client, CommandPort& commands, const Clock& clock) {
  Attempt attempt;
  attempt.ticket = last_ticket_ + 1;
  attempt.received = clock.now();
  attempt.origin.assign(who_is(client.descriptor));
  const std::string_view body = std::string_view(client.line).substr(write_verb.size());
  if (body.size() > attempt.body.capacity()) attempt.fault = Attempt::Fault::too_large;
  attempt.body.assign(body);
  if (!commands.attempts.push(attempt)) return false;
  client.ticket = ++last_ticket_;
  commands.worker.ring();
  return false;
}

void StatusSocket::tell_answers(CommandPort& commands) {
  for (Answer answer; commands.answers.pop({&answer, 1}) > 0;) {
    const auto client = std::ranges::find(clients_, answer.ticket, &Client::ticket);
    if (client == clients_.end()) continue;  // it did not wait
    send_within(client->descriptor, std::string(answer.text) + "\n", client_limit);
    close(client->descriptor);
    clients_.erase(client);
  }
}

void StatusSocket::dismiss(CommandPort* commands) {
  if (commands != nullptr) tell_answers(*commands);
  for (const Client& client : clients_) close(client.descriptor);
  clients_.clear();
}

std::string default_status_path() {
  const char* directory = std::getenv("RUNTIME_DIRECTORY");
  return std::string(directory != nullptr ? directory : "/run/fieldweir") + "/status.sock";
}

std::string ask_status(const std::string& path) {
  const std::string answer = ask(path, "status\n", 5000);
  // all of it ends so; a gateway that is stopping or stuck leaves us with less or nothing
  if (!answer.ends_with("\n}\n")) throw std::system_error(ETIMEDOUT, std::system_category(), path);
  return answer;
}

std::string ask_write(const std::string& path, const std::string& wish) {
  const std::string answer = ask(path, std::string(write_verb) + wish + "\n", 20'000);
  if (!answer.ends_with("}\n")) throw std::system_error(ETIMEDOUT, std::system_category(), path);
  return answer;
}

}  // namespace fieldweir
