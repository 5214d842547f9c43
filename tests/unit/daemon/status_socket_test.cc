#include "daemon/status_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include "core/log.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {
namespace {

using Milliseconds = std::chrono::milliseconds;

class StatusSocketTest : public testing::Test {
 protected:
  StatusSocketTest() { set_log_level(LogLevel::error); }

  int connected() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return client;
  }
  /// Serves one client once one is there.
  static void serve_one(const StatusSocket& status, const std::string& answer) {
    pollfd waiting{status.descriptor(), POLLIN, 0};
    ASSERT_EQ(poll(&waiting, 1, 10'000), 1);
    status.serve([&] { return answer; });
  }

  TempDir folder;
  const std::string path = folder.file("status.sock");
};

TEST_F(StatusSocketTest, AnswersWithAllOfALargeStatus) {
  const StatusSocket status(path);
  const std::string answer = "{\n" + std::string(1'000'000, ' ') + "\n}\n";
  std::jthread server([&] { serve_one(status, answer); });
  EXPECT_EQ(ask_status(path), answer);
}

TEST_F(StatusSocketTest, IsNotHeldUpByAClientThatReadsNothing) {
  const StatusSocket status(path);
  const int client = connected();
  const auto begin = std::chrono::steady_clock::now();
  status.serve([] { return std::string(10'000'000, 'x'); });
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, Milliseconds(150));  // it did fill the client's buffer, and waited
  EXPECT_LT(took, Milliseconds(1000));
  close(client);
}

TEST_F(StatusSocketTest, ServesNobodyWithoutWaiting) {
  const StatusSocket status(path);
  status.serve([]() -> std::string { throw std::logic_error("nobody asked"); });
}

TEST_F(StatusSocketTest, AnAnswerThatBreaksOffIsAFailure) {
  const StatusSocket status(path);
  for (const char* part : {"", "{\n  \"gateway\": \"x\",\n"}) {
    std::jthread server([&] { serve_one(status, part); });
    EXPECT_THROW(ask_status(path), std::system_error) << part;
  }
}

TEST_F(StatusSocketTest, ReplacesADeadSocketButNotALivingOne) {
  {
    const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    close(dead);
  }
  const StatusSocket first(path);
  EXPECT_GE(first.descriptor(), 0);
  {
    const StatusSocket second(path);
    EXPECT_EQ(second.descriptor(), -1);
  }
  close(connected());  // the first is still there
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0660u);
}

TEST_F(StatusSocketTest, LeavesAFileThatIsNoSocketAlone) {
  std::ofstream(path) << "precious";
  { const StatusSocket status(path); }
  std::string text;
  std::ifstream(path) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(StatusSocketTest, IsGoneAfterwards) {
  { const StatusSocket status(path); }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THROW(ask_status(path), std::system_error);
}

}  // namespace
}  // namespace fieldweir
