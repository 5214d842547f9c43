#include "daemon/status_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>
#include <thread>

#include "core/log.h"
#include "tests/support/eventually.h"
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
  /// Serves as the daemon's main loop does, until `enough`.
  void serve(StatusSocket& status, const std::string& answer, const std::function<bool()>& enough) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!enough() && std::chrono::steady_clock::now() < end) {
      std::array<pollfd, StatusSocket::most_clients + 1> wake;
      poll(wake.data(), status.wait_for(wake), std::min(status.longest_wait(), 20));
      status.serve([&] { return answer; }, commands, clock);
    }
    EXPECT_TRUE(enough());
  }
  /// Serves while another thread asks; what that heard, or "nothing".
  std::string served(StatusSocket& status, const std::string& answer,
                     const std::function<std::string()>& ask) {
    std::string heard;
    std::atomic<bool> over = false;
    std::jthread client([&] {
      try {
        heard = ask();
      } catch (const std::system_error&) {
        heard = "nothing";
      }
      over = true;
    });
    serve(status, answer, [&] { return over.load(); });
    client.join();
    return heard;
  }
  static std::string all_of(int client) {
    std::string text;
    char piece[4096];
    for (ssize_t n; (n = read(client, piece, sizeof piece)) > 0;)
      text.append(piece, static_cast<std::size_t>(n));
    close(client);
    return text;
  }

  SystemClock clock;
  Doorbell bell;
  CommandPort* commands = nullptr;
  TempDir folder;
  const std::string path = folder.file("status.sock");
};

TEST_F(StatusSocketTest, AnswersWithAllOfALargeStatus) {
  StatusSocket status(path);
  const std::string answer = "{\n" + std::string(1'000'000, ' ') + "\n}\n";
  EXPECT_EQ(served(status, answer, [&] { return ask_status(path); }), answer);
}

TEST_F(StatusSocketTest, IsNotHeldUpByAClientThatReadsNothing) {
  StatusSocket status(path);
  const int client = connected();
  ASSERT_EQ(send(client, "status\n", 7, 0), 7);
  const auto begin = std::chrono::steady_clock::now();
  status.serve([] { return std::string(10'000'000, 'x'); }, nullptr, clock);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, Milliseconds(150));  // it did fill the client's buffer, and waited
  EXPECT_LT(took, Milliseconds(1000));
  close(client);
}

TEST_F(StatusSocketTest, ServesNobodyWithoutWaiting) {
  StatusSocket status(path);
  const auto nobody = []() -> std::string { throw std::logic_error("nobody asked"); };
  status.serve(nobody, nullptr, clock);
  const int client = connected();
  status.serve(nobody, nullptr, clock);  // who says nothing is waited for, but not here
  close(client);
}

TEST_F(StatusSocketTest, WhoJustConnectsAndReadsGetsTheStatus) {
  StatusSocket status(path);
  EXPECT_EQ(served(status, "{}", [&] { return all_of(connected()); }), "{}");
  EXPECT_EQ(served(status, "{}",
                   [&] {
                     const int client = connected();
                     shutdown(client, SHUT_WR);
                     return all_of(client);
                   }),
            "{}");
}

TEST_F(StatusSocketTest, AWriteIsAnsweredWhenItIsDoneAndDelaysNoStatusMeanwhile) {
  CommandPort port(bell);
  commands = &port;
  StatusSocket status(path);
  const std::string heard = served(status, "{\n}\n", [&] {
    std::string answer;
    std::jthread writer([&] { answer = ask_write(path, R"({"id":"x"})"); });
    Attempt attempt;
    while (port.attempts.pop({&attempt, 1}) == 0) std::this_thread::yield();
    EXPECT_TRUE(eventually([&] { return bell.answer(); }));  // it rings after it has put it there
    EXPECT_EQ(attempt.body.view(), R"({"id":"x"})");
    EXPECT_FALSE(attempt.remote);
    EXPECT_TRUE(attempt.origin.view().ends_with("(" + std::to_string(getuid()) + ")"));
    EXPECT_EQ(ask_status(path), "{\n}\n");
    Answer said;
    said.ticket = attempt.ticket;
    said.text.assign("{\"result\":\"done\"}");
    port.answers.push(said);
    writer.join();
    return answer;
  });
  EXPECT_EQ(heard, "{\"result\":\"done\"}\n");
}

TEST_F(StatusSocketTest, WhereNothingCanBeWrittenAWriteIsRefused) {
  StatusSocket status(path);
  const auto heard = served(status, "", [&] { return ask_write(path, "{}"); });
  EXPECT_NE(heard.find("no signal has a `write:` section"), std::string::npos) << heard;
}

TEST_F(StatusSocketTest, AWishThatIsTooLongIsHandedOnAsSuch) {
  CommandPort port(bell);
  commands = &port;
  StatusSocket status(path);
  const int client = connected();
  const std::string line = "write " + std::string(600, 'x') + "\n";
  ASSERT_EQ(send(client, line.data(), line.size(), 0), static_cast<ssize_t>(line.size()));
  serve(status, "", [&] { return port.attempts.size() == 1; });
  Attempt attempt;
  port.attempts.pop({&attempt, 1});
  EXPECT_EQ(attempt.fault, Attempt::Fault::too_large);
  status.dismiss(&port);
  EXPECT_EQ(all_of(client), "");  // let go
}

TEST_F(StatusSocketTest, ServesEightAtATimeAndTheNextOnceOneGoes) {
  CommandPort port(bell);
  commands = &port;
  StatusSocket status(path);
  std::vector<int> clients;
  for (int i = 0; i < 9; ++i) {
    clients.push_back(connected());
    ASSERT_EQ(send(clients.back(), "write {}\n", 9, 0), 9);
  }
  serve(status, "", [&] { return port.attempts.size() == 8; });
  Attempt attempt;
  port.attempts.pop({&attempt, 1});
  Answer said;
  said.ticket = attempt.ticket;
  said.text.assign("{}");
  port.answers.push(said);
  serve(status, "", [&] { return port.attempts.size() == 8; });
  EXPECT_EQ(all_of(clients[0]), "{}\n");
  status.dismiss(&port);
  for (std::size_t i = 1; i < clients.size(); ++i) EXPECT_EQ(all_of(clients[i]), "");
}

TEST_F(StatusSocketTest, AnAnswerThatBreaksOffIsAFailure) {
  StatusSocket status(path);
  for (const char* part : {"", "{\n  \"gateway\": \"x\",\n"})
    EXPECT_EQ(served(status, part, [&] { return ask_status(path); }), "nothing") << part;
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
  EXPECT_TRUE(first.listens());
  {
    const StatusSocket second(path);
    EXPECT_FALSE(second.listens());
  }
  close(connected());  // the first is still there
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0660u);
}

TEST_F(StatusSocketTest, LeavesAFileThatIsNoSocketAlone) {
  std::ofstream(path) << "precious";
  set_log_level(LogLevel::warning);
  testing::internal::CaptureStderr();
  { const StatusSocket status(path); }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find(path + ": Address already in use; `run --socket PATH` puts"),
            std::string::npos)
      << said;
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
