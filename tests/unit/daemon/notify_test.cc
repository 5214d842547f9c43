#include "daemon/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/temp_dir.h"

namespace fieldweir {
namespace {

/// What the service manager has at its end. `name` as in $NOTIFY_SOCKET.
class Manager {
 public:
  explicit Manager(const std::string& name) : socket_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() {
    unsetenv("NOTIFY_SOCKET");
    close(socket_);
  }

  /// The datagram that is there; empty if there is none.
  std::string heard() const {
    char text[256];
    const ssize_t size = recv(socket_, text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  const int socket_;
};

TEST(Notify, ArrivesAsOneDatagram) {
  const TempDir folder;
  const Manager manager(folder.file("notify"));
  notify("READY=1");
  notify("STATUS=2 of 3 devices online");
  EXPECT_EQ(manager.heard(), "READY=1");
  EXPECT_EQ(manager.heard(), "STATUS=2 of 3 devices online");
  EXPECT_EQ(manager.heard(), "");
}

TEST(Notify, KnowsAbstractNames) {
  const Manager manager("@fieldweir-test-" + std::to_string(getpid()));
  notify("WATCHDOG=1");
  EXPECT_EQ(manager.heard(), "WATCHDOG=1");
}

TEST(Notify, IsSilentWithoutAManagerAndWithOneThatIsGone) {
  unsetenv("NOTIFY_SOCKET");
  notify("READY=1");
  setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
  notify("READY=1");
  setenv("NOTIFY_SOCKET", std::string(200, 'x').c_str(), 1);
  notify("READY=1");
  unsetenv("NOTIFY_SOCKET");
}

TEST(Notify, FeedsTheWatchdogAtTwiceItsPace) {
  setenv("WATCHDOG_USEC", "60000000", 1);
  EXPECT_EQ(watchdog_interval(), 30 * second);
  for (const char* useless : {"", "0", "-5", "soon"}) {
    setenv("WATCHDOG_USEC", useless, 1);
    EXPECT_EQ(watchdog_interval(), never) << useless;
  }
  unsetenv("WATCHDOG_USEC");
  EXPECT_EQ(watchdog_interval(), never);
}

}  // namespace
}  // namespace fieldweir
