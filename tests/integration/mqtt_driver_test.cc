// The MQTT driver on its bus, fed by mosquitto's own publisher.
#include <gtest/gtest.h>

#include "config/load.h"
#include "drivers/bus_worker.h"
#include "drivers/mqtt.h"
#include "tests/support/broker.h"

namespace fieldweir {
namespace {

class MqttDriverTest : public testing::Test {
 protected:
  MqttDriverTest() { ::signal(SIGPIPE, SIG_IGN); }
  ~MqttDriverTest() override { stop_.request(); }

  void start(const std::string& text) {
    config::Mistakes mistakes;
    const DriverKind kind = mqtt_driver();
    settings_ = kind.read(config::load_text("test.yaml", text, mistakes), mistakes);
    ASSERT_TRUE(settings_) << mistakes.text();
    const std::size_t count = settings_->signals().size() * settings_->instances();
    const SignalId first = signals_.reserve(count, {});
    if (settings_->instances() == 1)
      for (std::size_t i = 0; i < count; ++i)
        signals_.claim(static_cast<SignalId>(first + i),
                       settings_->name + "." + settings_->signals()[i]->name);
    const SignalId online = signals_.define({.name = std::string_view("online")});
    bus_.emplace("bus", signals_, clock_, stop_, ring_, pipeline_, Random(1));
    const DeviceSeat seat{*settings_, first};
    auto drivers = kind.make({&seat, 1}, {signals_, texts_, clock_, resolver_, brokers_, "gw",
                                          bus_->doorbell(), Random(1)});
    bus_->add(std::move(drivers[0]), settings_->name, first, count, online);
    thread_.emplace(*bus_, clock_);
  }

  /// Waits until a reading as described has come; readings before it are forgotten.
  bool comes(const std::string& name, const std::function<bool(const Reading&)>& as) {
    return eventually([&] {
      Reading reading;
      while (ring_.pop({&reading, 1}) == 1)
        if (signals_[reading.signal].name.view() == name && as(reading)) return true;
      return false;
    });
  }
  static std::function<bool(const Reading&)> value(double number) {
    return [number](const Reading& r) {
      return r.quality == Quality::good && r.as_number() == number;
    };
  }
  static std::function<bool(const Reading&)> bad(Reason reason) {
    return [reason](const Reading& r) { return r.quality == Quality::bad && r.reason == reason; };
  }

  SystemClock clock_;
  Stop stop_;
  Doorbell pipeline_;
  Resolver resolver_{clock_};
  SignalTable signals_{100};
  TextTable texts_{10};
  Ring<Reading> ring_{256};
  Broker broker_;
  Brokers brokers_ = broker_.named("site");
  std::unique_ptr<DeviceSettings> settings_;
  std::optional<BusWorker> bus_;
  std::optional<WorkerThread> thread_;
};

TEST_F(MqttDriverTest, ReadsJsonOfInstancesAsTheyAppear) {
  tell(broker_, "z/kitchen", R"({"temperature":20.5,"contact":true})", true);
  start(
      "{name: rooms, mqtt: {broker: site, topic: \"z/{room}\"}, max_instances: 2, signals: ["
      "{name: \"{room}.temperature\", pointer: /temperature},"
      "{name: \"{room}.contact\", pointer: /contact, type: bool}]}");
  EXPECT_TRUE(comes("online", value(1)));
  EXPECT_TRUE(comes("rooms.kitchen.temperature", value(20.5)));
  EXPECT_TRUE(comes("rooms.kitchen.contact", value(1)));
  tell(broker_, "z/bath", R"({"temperature":-1})");
  EXPECT_TRUE(comes("rooms.bath.temperature", value(-1)));
  tell(broker_, "z/attic", R"({"temperature":0})");
  tell(broker_, "z/kitchen", "{oops");
  EXPECT_TRUE(comes("rooms.kitchen.temperature", bad(Reason::parse_error)));
  EXPECT_EQ(bus_->account().lost[Reason::instances_full].get(), 2u);
  tell(broker_, "z/kitchen", std::string(33 * 1024, ' '));
  EXPECT_TRUE(comes("rooms.kitchen.temperature", bad(Reason::too_large)));
}

TEST_F(MqttDriverTest, ComesBackWhenItsBrokerDoesAndGoesStaleWhenItsSourceIsSilent) {
  broker_.stop();
  start("{name: d, mqtt: {broker: site, topic: t, stale_after: 700ms}, signals: [{name: v}]}");
  EXPECT_TRUE(comes("d.v", bad(Reason::unreachable)));
  broker_.start();
  EXPECT_TRUE(comes("online", value(1)));
  tell(broker_, "t", "1.25");
  EXPECT_TRUE(comes("d.v", value(1.25)));
  EXPECT_TRUE(comes("d.v", bad(Reason::stale)));
  tell(broker_, "t", "2.5");
  EXPECT_TRUE(comes("d.v", value(2.5)));
  broker_.stop();
  EXPECT_TRUE(comes("d.v", bad(Reason::not_connected)));
}

}  // namespace
}  // namespace fieldweir
