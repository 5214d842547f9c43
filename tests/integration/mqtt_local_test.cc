// The local publisher against a real broker, heard by mosquitto's own subscriber.
#include <gtest/gtest.h>

#include "tests/support/broker.h"
#include "uplink/local_publisher.h"

namespace fieldweir {
namespace {

class LocalPublisherTest : public testing::Test {
 protected:
  LocalPublisherTest() {
    ::signal(SIGPIPE, SIG_IGN);
    settings_.mqtt.broker.name = "site";
    for (const char* name : {"boiler.temp", "boiler.state", "odd+name"})
      signals_.define({.name = std::string_view(name), .unit = std::string_view("C")});
  }
  ~LocalPublisherTest() override { stop_.request(); }

  void start() {
    publisher_ = std::make_unique<LocalPublisher>(
        settings_, LocalContext{signals_, texts_, latest_, clock_, stop_, resolver_, brokers_, "gw",
                                Random(1)});
    thread_.emplace(*publisher_, clock_);
  }
  void write(SignalId signal, double value) {
    latest_.write(float64_reading(signal, 1'000 * millisecond, value));
  }
  static std::string line(const char* name, const char* value, bool retained) {
    return std::string(retained ? "1" : "0") + " fieldweir/gw/" + name +
           " {\"ts\":1000,\"value\":" + value + ",\"quality\":\"good\",\"unit\":\"C\"}";
  }

  SystemClock clock_;
  Stop stop_;
  Resolver resolver_{clock_};
  SignalTable signals_{10};
  TextTable texts_{10};
  LatestValues latest_{10};
  Broker broker_;
  Brokers brokers_ = broker_.named("site");
  LocalSettings settings_;
  std::unique_ptr<LocalPublisher> publisher_;
  std::optional<WorkerThread> thread_;
};

TEST_F(LocalPublisherTest, RetainsTheNewestValuesAndPublishesChangesOnly) {
  Listener live(broker_);
  write(0, 1.5);
  write(2, 9);
  start();
  EXPECT_TRUE(live.hears("0 fieldweir/gw/status online"));
  EXPECT_TRUE(live.hears(line("boiler.temp", "1.5", false)));
  write(1, 7);
  EXPECT_TRUE(live.hears(line("boiler.state", "7", false)));
  EXPECT_EQ(live.payloads("fieldweir/gw/boiler.temp").size(), 1u);
  Listener late(broker_);
  EXPECT_TRUE(late.hears("1 fieldweir/gw/status online"));
  EXPECT_TRUE(late.hears(line("boiler.temp", "1.5", true)));
  EXPECT_TRUE(late.hears(line("boiler.state", "7", true)));
}

TEST_F(LocalPublisherTest, KeepsNothingWhileTheBrokerIsAwayThenTellsEveryValueOnce) {
  broker_.stop();
  start();
  for (int i = 0; i < 100; ++i) write(0, i);
  write(1, 7);
  broker_.start();
  Listener listener(broker_);
  EXPECT_TRUE(eventually([&] { return !listener.payloads("fieldweir/gw/boiler.state").empty(); },
                         std::chrono::seconds(20)));
  EXPECT_TRUE(listener.hears(line("boiler.temp", "99", false)) ||
              listener.has_heard(line("boiler.temp", "99", true)));
  EXPECT_EQ(listener.payloads("fieldweir/gw/boiler.temp").size(), 1u);

  // a broker that forgot everything is told again
  broker_.stop();
  broker_.start();
  Listener again(broker_);
  EXPECT_TRUE(eventually([&] { return !again.payloads("fieldweir/gw/boiler.temp").empty(); },
                         std::chrono::seconds(20)));
}

TEST_F(LocalPublisherTest, SaysOfflineItselfOrByLastWill) {
  Listener listener(broker_);
  start();
  ASSERT_TRUE(listener.hears("0 fieldweir/gw/status online"));
  thread_.reset();
  publisher_.reset();
  EXPECT_TRUE(listener.hears("0 fieldweir/gw/status offline"));
  EXPECT_EQ(listener.payloads("fieldweir/gw/status").size(), 2u);

  start();
  ASSERT_TRUE(eventually([&] { return listener.payloads("fieldweir/gw/status").size() == 3; }));
  thread_.reset();  // nobody is there to come back
  // a second client of that name: the broker throws the first one out, and speaks its will
  Process thief({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker_.port()), "-i",
                 "gw-local-values", "-t", "none"});
  EXPECT_TRUE(eventually([&] { return listener.payloads("fieldweir/gw/status").size() == 4; }));
  EXPECT_EQ(listener.payloads("fieldweir/gw/status").back(), "offline");
}

}  // namespace
}  // namespace fieldweir
