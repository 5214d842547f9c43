// StatusSocket: answers `fieldweir status` over a Unix socket. Owned by run(), served on the main
// thread between signals: one client at a time, each with at most 200 ms, so that a client that
// reads nothing delays nobody but the next client. A socket that cannot be made is a warning, not a
// failure.
#pragma once

#include <functional>
#include <string>

namespace fieldweir {

class StatusSocket {
 public:
  /// Listens at `path` (mode 0660); a socket left there by a dead process is replaced, that of a
  /// living one stays.
  explicit StatusSocket(std::string path);
  ~StatusSocket();
  StatusSocket(const StatusSocket&) = delete;
  StatusSocket& operator=(const StatusSocket&) = delete;

  /// For poll(2); -1 if there is no socket.
  int descriptor() const { return descriptor_; }

  /// Accepts one client and sends it what `answer` makes.
  void serve(const std::function<std::string()>& answer) const;

 private:
  const std::string path_;
  int descriptor_ = -1;
};

/// $RUNTIME_DIRECTORY/status.sock, or /run/fieldweir/status.sock.
std::string default_status_path();

/// The client's side: the whole answer of the daemon at `path`, which is a JSON object on several
/// lines; throws std::system_error, also if there is no whole answer within 5 s of silence.
std::string ask_status(const std::string& path);

}  // namespace fieldweir
