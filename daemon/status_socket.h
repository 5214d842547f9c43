// StatusSocket: answers `fieldweir status` and takes `fieldweir write` over a Unix socket. Owned by
// run(), served on the main thread between signals. One line asks, one answer comes, and the
// connection ends:
//
//   status            the whole status, a JSON object on several lines
//   write {...}       a command (command_json.h), answered when it is known what came of it
//   (100 ms silence)  like status, for programs that just connect and read
//
// Who may connect may write: the socket's mode (0660) decides. At most eight clients at a time,
// others wait in the kernel. A status is sent within 200 ms or cut off, so that a client that reads
// nothing delays nobody but the next; who waits for a command's answer delays nobody, and is let go
// after 15 s. A socket that cannot be made is a warning, not a failure.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/command.h"

namespace fieldweir {

class StatusSocket {
 public:
  static constexpr std::size_t most_clients = 8;

  /// Listens at `path` (mode 0660); a socket left there by a dead process is replaced, that of a
  /// living one stays.
  explicit StatusSocket(std::string path);
  ~StatusSocket();
  StatusSocket(const StatusSocket&) = delete;
  StatusSocket& operator=(const StatusSocket&) = delete;

  bool listens() const { return descriptor_ >= 0; }

  /// What poll(2) is to wait for, at most `most_clients` + 1; and how long at most, in ms.
  std::size_t wait_for(std::span<pollfd> out) const;
  int longest_wait() const;

  /// Whatever can be done now. `commands` nullptr: nothing can be written.
  void serve(const std::function<std::string()>& status, CommandPort* commands, const Clock& clock);

  /// The gateway ends: tells who waits what is known, and lets the others go without an answer.
  void dismiss(CommandPort* commands);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Client {
    int descriptor;
    Time since;
    std::string line;          // what it said so far
    bool ended = false;        // it will say no more
    std::uint64_t ticket = 0;  // of the command whose answer it waits for
  };
  void accept_clients();
  bool serve(Client& client, const std::function<std::string()>& status, CommandPort* commands,
             const Clock& clock);
  bool submit(Client& client, CommandPort& commands, const Clock& clock);
  void tell_answers(CommandPort& commands);

  const std::string path_;
  int descriptor_ = -1;
  std::vector<Client> clients_;
  std::uint64_t last_ticket_ = 0;
};

/// $RUNTIME_DIRECTORY/status.sock, or /run/fieldweir/status.sock.
std::string default_status_path();

/// The client's side: the whole answer of the daemon at `path`, which is a JSON object on several
/// lines; throws std::system_error, also if there is no whole answer within 5 s of silence.
std::string ask_status(const std::string& path);

/// What came of a command (its JSON): one line. Throws std::system_error if nobody says.
std::string ask_write(const std::string& path, const std::string& wish);

}  // namespace fieldweir
