// Broker: a mosquitto of a test's own on a free loopback port, which can be stopped, started again
// on the same port, frozen and thawed. Nothing is kept over a restart. `Listener` and `tell` are
// mosquitto's own clients, so that what we send and receive is judged by somebody else's code.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"
#include "transport/broker.h"

namespace fieldweir {

class Broker {
 public:
  /// `lines`: more of mosquitto.conf(5), read after the listener's.
  explicit Broker(const std::string& lines = "allow_anonymous true\n", bool start_now = true)
      : port_(free_port()) {
    std::ofstream(folder_.file("mosquitto.conf"))
        << "user root\nlistener " << port_ << " 127.0.0.1\n"
        << lines;
    if (start_now) start();
  }

  void start() {
    process_.emplace(
        std::vector<std::string>{"/usr/sbin/mosquitto", "-c", folder_.file("mosquitto.conf")},
        folder_.file("log"));
    ASSERT_TRUE(eventually([this] { return listening(port_); })) << process_->output();
  }
  void stop() { process_.reset(); }
  void freeze() { process_->signal(SIGSTOP); }
  void thaw() { process_->signal(SIGCONT); }

  int port() const { return port_; }
  BrokerSettings settings() const {
    BrokerSettings settings;
    settings.endpoint = {false, "127.0.0.1", static_cast<std::uint16_t>(port_)};
    return settings;
  }
  Brokers named(const std::string& name) const { return {{name, settings()}}; }

 private:
  TempDir folder_;
  const int port_;
  std::optional<Process> process_;
};

/// mosquitto_sub on everything: one line "retained topic payload" per message;
/// retained is 1 or 0.
class Listener {
 public:
  explicit Listener(const Broker& broker, const std::string& filter = "#")
      : process_({"stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p",
                  std::to_string(broker.port()), "-q", "1", "-F", "%r %t %p", "-d", "-t", filter},
                 folder_.file("heard")) {
    EXPECT_TRUE(eventually([this] { return process_.output().find("Subscribed") != npos; }))
        << process_.output();
  }

  bool hears(const std::string& line) const {
    return eventually([&] { return process_.output().find(line + "\n") != npos; });
  }
  bool has_heard(const std::string& line) const {
    return process_.output().find(line + "\n") != npos;
  }
  /// Payloads on `topic` so far, in order.
  std::vector<std::string> payloads(const std::string& topic) const {
    std::vector<std::string> all;
    std::istringstream lines(process_.output());
    for (std::string line; std::getline(lines, line);)
      if (line.size() > topic.size() + 3 && line.compare(2, topic.size() + 1, topic + " ") == 0)
        all.push_back(line.substr(topic.size() + 3));
    return all;
  }

 private:
  static constexpr auto npos = std::string::npos;
  TempDir folder_;
  Process process_;
};

/// mosquitto_pub, QoS 1.
inline void tell(const Broker& broker, const std::string& topic, const std::string& payload,
                 bool retain = false) {
  std::vector<std::string> arguments = {
      "mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-q", "1", "-t",
      topic,           "-m", payload};
  if (retain) arguments.push_back("-r");
  ASSERT_EQ(Process(arguments).wait(), 0);
}

}  // namespace fieldweir
