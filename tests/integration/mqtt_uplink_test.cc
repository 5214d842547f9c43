// The MQTT uplink against a real broker, called as the delivery worker calls it.
#include <gtest/gtest.h>

#include <deque>

#include "tests/support/broker.h"
#include "uplink/mqtt.h"

// Paho C 1.3.12 loses what it was writing when the peer disconnects at that moment
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libpaho-mqtt3as"; }

namespace fieldweir {
namespace {

class MqttUplinkTest : public testing::Test {
 protected:
  MqttUplinkTest() { ::signal(SIGPIPE, SIG_IGN); }

  std::unique_ptr<Uplink> uplink(std::int64_t in_flight = 16, Duration keep_alive = 10 * second) {
    settings_.name = "scada";
    settings_.mqtt.broker.name = "cloud";
    settings_.mqtt.topic = "plant/{gateway}/{lane}";
    settings_.mqtt.in_flight = in_flight;
    settings_.mqtt.keep_alive = keep_alive;
    return mqtt_uplink().make(settings_, {clock_, resolver_, brokers_, "gw", bell_});
  }

  void queue(int from, int to, Lane lane = Lane::telemetry) {
    for (int i = from; i <= to; ++i) {
      bodies_.push_back(std::to_string(i));
      waiting_.push_back({lane, {1, 1, static_cast<std::uint64_t>(i)}, "gw", bodies_.back()});
    }
  }

  /// One call with what is not yet safe; takes off what is.
  Sent send(Uplink& to) {
    const std::size_t size = std::min(waiting_.size(), to.in_flight_limit());
    const Sent sent = to.send({waiting_.data(), size}, clock_.now() + second, stop_);
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<long>(sent.safe));
    return sent;
  }
  Result<> connect(Uplink& to) { return to.connect(clock_.now() + 5 * second, stop_); }

  SystemClock clock_;
  Stop stop_;
  Doorbell bell_;
  Resolver resolver_{clock_};
  Broker broker_;
  Brokers brokers_ = broker_.named("cloud");
  MqttUplinkSettings settings_;
  std::deque<std::string> bodies_;
  std::vector<Message> waiting_;
};

std::vector<std::string> numbers(int from, int to) {
  std::vector<std::string> all;
  for (int i = from; i <= to; ++i) all.push_back(std::to_string(i));
  return all;
}

TEST_F(MqttUplinkTest, DeliversInOrderEachOnceOnItsLanesTopic) {
  Listener listener(broker_);
  const auto up = uplink(4);
  ASSERT_TRUE(connect(*up));
  queue(1, 40);
  queue(41, 42, Lane::events);
  ASSERT_TRUE(eventually([&] {
    const Sent sent = send(*up);
    EXPECT_TRUE(sent.verdict == Verdict::ok || sent.verdict == Verdict::again);
    return waiting_.empty();
  }));
  ASSERT_TRUE(listener.hears("0 plant/gw/events 42"));
  EXPECT_EQ(listener.payloads("plant/gw/telemetry"), numbers(1, 40));
  EXPECT_EQ(listener.payloads("plant/gw/events"), numbers(41, 42));
}

TEST_F(MqttUplinkTest, SendsAgainWhatWasNotConfirmedAfterABrokersRestart) {
  const auto up = uplink();
  ASSERT_TRUE(connect(*up));
  queue(1, 10);
  broker_.freeze();
  EXPECT_EQ(send(*up).verdict, Verdict::again);
  EXPECT_EQ(send(*up).safe, 0u);
  broker_.stop();
  ASSERT_TRUE(eventually([&] { return send(*up).verdict == Verdict::retry; }));
  EXPECT_EQ(waiting_.size(), 10u);
  up->close();
  EXPECT_FALSE(connect(*up));
  up->close();

  broker_.start();
  Listener listener(broker_);
  ASSERT_TRUE(connect(*up));
  ASSERT_TRUE(eventually([&] {
    send(*up);
    return waiting_.empty();
  }));
  ASSERT_TRUE(listener.hears("0 plant/gw/telemetry 10"));
  EXPECT_EQ(listener.payloads("plant/gw/telemetry"), numbers(1, 10));
}

TEST_F(MqttUplinkTest, AFrozenBrokerMakesRetryByItsKeepAlive) {
  const auto up = uplink(16, second);
  ASSERT_TRUE(connect(*up));
  queue(1, 3);
  broker_.freeze();
  const Time frozen = clock_.now();
  ASSERT_TRUE(eventually([&] { return send(*up).verdict == Verdict::retry; }));
  EXPECT_LT(clock_.now() - frozen, 5 * second);
  EXPECT_EQ(waiting_.size(), 3u);
}

TEST_F(MqttUplinkTest, DeliversMoreThanMayBeInFlight) {
  const auto up = uplink(100);
  ASSERT_TRUE(connect(*up));
  for (int i = 0; i < 100; ++i) {
    bodies_.emplace_back(100'000, 'x');
    waiting_.push_back(
        {Lane::telemetry, {1, 1, static_cast<std::uint64_t>(i)}, "gw", bodies_.back()});
  }
  ASSERT_TRUE(eventually([&] {
    send(*up);
    return waiting_.empty();
  }));
}

TEST_F(MqttUplinkTest, WhatWaitsForBirthsWasNotSent) {
  constexpr std::size_t devices = 1000;
  SignalTable signals(devices);
  for (std::size_t i = 0; i < devices; ++i)
    signals.define({.name = SignalName("d" + std::to_string(i) + ".value")});
  const TextTable texts(1);
  const LatestValues latest(devices);
  settings_.name = "scada";
  settings_.format = "sparkplug_b";
  settings_.mqtt.broker.name = "cloud";
  settings_.mqtt.group = "plant-7";
  const auto up = mqtt_uplink().make(
      settings_, {clock_, resolver_, brokers_, "gw", bell_, LiveValues{signals, texts, latest}});
  ASSERT_TRUE(connect(*up));
  queue(1, 3);
  EXPECT_FALSE(send(*up).left);
  bool left = false;
  ASSERT_TRUE(eventually([&] {
    left |= send(*up).left;
    return waiting_.empty();
  }));
  EXPECT_TRUE(left);
}

// mosquitto disconnects a client whose message is too large for it
TEST_F(MqttUplinkTest, ThreeDisconnectsAtTheSameMessageAreItsFault) {
  Broker strict("allow_anonymous true\nmax_packet_size 1000\n");
  brokers_ = strict.named("cloud");
  const auto up = uplink();
  bodies_.emplace_back(2000, 'x');
  waiting_.push_back({Lane::telemetry, {1, 1, 1}, "gw", bodies_.back()});
  queue(2, 3);
  for (const Verdict expected : {Verdict::retry, Verdict::retry, Verdict::poison}) {
    ASSERT_TRUE(connect(*up));
    Sent sent;
    ASSERT_TRUE(eventually([&] {
      sent = send(*up);
      return sent.verdict != Verdict::ok && sent.verdict != Verdict::again;
    }));
    EXPECT_EQ(sent.verdict, expected);
    EXPECT_EQ(sent.safe, 0u);
    up->close();
  }
  waiting_.erase(waiting_.begin());
  ASSERT_TRUE(connect(*up));
  EXPECT_TRUE(eventually([&] {
    send(*up);
    return waiting_.empty();
  }));
}

}  // namespace
}  // namespace fieldweir
