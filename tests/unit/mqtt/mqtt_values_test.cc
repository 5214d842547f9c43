#include "drivers/mqtt_values.h"

#include <gtest/gtest.h>

#include "config/load.h"

namespace fieldweir {
namespace {

constexpr Time start = 1000 * second;

/// One device, its table and ring; messages go through a real queue, as they do in the driver.
class MqttValuesTest : public testing::Test {
 protected:
  void build(const std::string& text) {
    config::Mistakes mistakes;
    settings_ = read_mqtt_device(config::load_text("test.yaml", text, mistakes), mistakes);
    ASSERT_TRUE(settings_) << mistakes.text();
    const auto& device = dynamic_cast<const MqttDevice&>(*settings_);
    first_ = signals_.reserve(3, {});  // others, so that ids do not begin with 0
    first_ = signals_.reserve(settings_->instances() * settings_->signals().size(), {});
    if (device.mqtt.topic.placeholder.empty())
      for (std::size_t i = 0; i < device.values.size(); ++i)
        signals_.claim(first_ + i, "d." + device.values[i].name);
    values_.emplace(device, first_, signals_, texts_);
    values_->restart(start);
  }

  std::vector<Reading> take(const std::string& topic, const std::string& payload,
                            Time received = start) {
    EXPECT_TRUE(queue_.push(topic, payload, received));
    values_->take(*queue_.front(), wall_, sink_);
    queue_.pop();
    return drain();
  }

  std::vector<Reading> drain() {
    std::vector<Reading> all(64);
    all.resize(ring_.pop(all));
    return all;
  }

  std::string name(const Reading& reading) {
    return std::string(signals_[reading.signal].name.view());
  }

  SignalTable signals_{100};
  TextTable texts_{10};
  Ring<Reading> ring_{64};
  BusAccount account_;
  Doorbell pipeline_;
  Sink sink_{ring_, account_, pipeline_};
  MessageQueue queue_{256, 4096};
  std::unique_ptr<DeviceSettings> settings_;
  SignalId first_ = 0;
  std::optional<MqttValues> values_;
  std::optional<Time> wall_;
};

constexpr const char* rooms =
    "{name: rooms, mqtt: {broker: b, topic: \"z/{room}\", stale_after: 10s}, max_instances: 2, "
    "signals: "
    "[{name: \"{room}.t\", pointer: /t}, {name: \"{room}.on\", pointer: /on, type: bool}]}";

TEST_F(MqttValuesTest, LearnsInstancesFromTopicsAndNamesTheirSignals) {
  build(rooms);
  const auto kitchen = take("z/kitchen", R"({"t":20.5,"on":true})", start + 5);
  ASSERT_EQ(kitchen.size(), 2u);
  EXPECT_EQ(name(kitchen[0]), "rooms.kitchen.t");
  EXPECT_EQ(kitchen[0], float64_reading(first_, start + 5, 20.5));
  EXPECT_EQ(name(kitchen[1]), "rooms.kitchen.on");
  EXPECT_EQ(kitchen[1], boolean_reading(first_ + 1, start + 5, true));
  const auto bath = take(
      "z/b\xC3\xA4"
      "d",
      R"({"t":1,"on":false})");
  ASSERT_EQ(bath.size(), 2u);
  EXPECT_EQ(name(bath[0]),
            "rooms.b\xC3\xA4"
            "d.t");
  EXPECT_EQ(take("z/kitchen", R"({"t":21,"on":true})")[0].signal, first_);
}

TEST_F(MqttValuesTest, CountsInstancesBeyondTheBoundAndKeepsTheOthersGoing) {
  build(rooms);
  take("z/a", R"({"t":1,"on":true})");
  take("z/b", R"({"t":1,"on":true})");
  EXPECT_TRUE(take("z/c", R"({"t":1,"on":true})").empty());
  EXPECT_TRUE(take("z/d", R"({"t":1,"on":true})").empty());
  EXPECT_EQ(account_.lost[Reason::instances_full].get(), 4u);
  EXPECT_EQ(account_.sampled.get(), 8u);
  EXPECT_EQ(take("z/b", R"({"t":1,"on":true})").size(), 2u);
}

TEST_F(MqttValuesTest, RefusesNamesThatCannotBeSignals) {
  build(rooms);
  signals_.define({.name = std::string_view("rooms.taken.on")});
  EXPECT_TRUE(take("z/a.b", "{}").empty());
  EXPECT_TRUE(take("z/\xFF", "{}").empty());
  EXPECT_TRUE(take("z/taken", "{}").empty());
  EXPECT_TRUE(take("z/" + std::string(60, 'x'), "{}").empty());
  EXPECT_EQ(account_.lost[Reason::parse_error].get(), 6u);
  EXPECT_EQ(account_.lost[Reason::too_large].get(), 2u);
  // none of them has used up an instance
  EXPECT_EQ(take("z/a", R"({"t":1,"on":true})").size(), 2u);
  EXPECT_EQ(take("z/b", R"({"t":1,"on":true})").size(), 2u);
}

TEST_F(MqttValuesTest, BadPayloadsMakeBadReadingsWithTheReason) {
  build(rooms);
  for (const auto& [payload, reason] : {std::pair{std::string("{oops"), Reason::parse_error},
                                        {std::string(257, ' '), Reason::too_large},
                                        {std::string(100, '['), Reason::too_large}}) {
    const auto readings = take("z/a", payload);
    ASSERT_EQ(readings.size(), 2u);
    EXPECT_EQ(readings[0], bad_reading(first_, start, reason));
    EXPECT_EQ(readings[1], bad_reading(first_ + 1, start, reason));
  }
  const auto mixed = take("z/a", R"({"t":"warm","on":true})");
  ASSERT_EQ(mixed.size(), 2u);
  EXPECT_EQ(mixed[0], bad_reading(first_, start, Reason::wrong_type));
  EXPECT_EQ(mixed[1].quality, Quality::good);
}

TEST_F(MqttValuesTest, AMissingMemberIsNoReadingButCounted) {
  build(rooms);
  const auto readings = take("z/a", R"({"on":true})");
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(readings[0].signal, first_ + 1);
  EXPECT_EQ(values_->missing.get(), 1u);
}

TEST_F(MqttValuesTest, PlainPayloadsAndPointersOfOneMessage) {
  build(
      "{name: d, mqtt: {broker: b, topic: t}, signals: [{name: n, pointer: \"\"}, {name: all, "
      "type: "
      "string}, {name: f}]}");
  const auto readings = take("t", "7.5");
  ASSERT_EQ(readings.size(), 3u);
  EXPECT_EQ(texts_[readings[0].as_text()], "7.5");
  EXPECT_EQ(readings[1], float64_reading(first_ + 2, start, 7.5));
  EXPECT_EQ(readings[2], float64_reading(first_, start, 7.5));
  EXPECT_TRUE(take("other", "7.5").empty());
}

TEST_F(MqttValuesTest, StaleOnceOnTransitionThenOnceAMinuteUntilHeardAgain) {
  build(rooms);
  take("z/a", R"({"t":1,"on":true})", start);
  take("z/a", R"({"t":2})", start + 4 * second);
  EXPECT_EQ(values_->mark_stale(start + 9 * second, sink_), start + 10 * second);
  EXPECT_TRUE(drain().empty());

  EXPECT_EQ(values_->mark_stale(start + 10 * second, sink_), start + 14 * second);
  EXPECT_EQ(drain(), (std::vector{bad_reading(first_ + 1, start + 10 * second, Reason::stale)}));
  values_->mark_stale(start + 14 * second, sink_);
  EXPECT_EQ(drain(), (std::vector{bad_reading(first_, start + 14 * second, Reason::stale)}));
  EXPECT_EQ(values_->mark_stale(start + 69 * second, sink_), start + 70 * second);
  EXPECT_TRUE(drain().empty());
  values_->mark_stale(start + 74 * second, sink_);
  EXPECT_EQ(drain().size(), 2u);

  take("z/a", R"({"t":3,"on":true})", start + 75 * second);
  values_->mark_stale(start + 84 * second, sink_);
  EXPECT_TRUE(drain().empty());
  values_->mark_stale(start + 85 * second, sink_);
  EXPECT_EQ(drain().size(), 2u);
}

TEST_F(MqttValuesTest, APlainSignalThatNeverSpeaksGoesStaleToo) {
  build("{name: d, mqtt: {broker: b, topic: t, stale_after: 1s}, signals: [{name: v}]}");
  EXPECT_EQ(values_->mark_stale(start, sink_), start + second);
  values_->mark_stale(start + second, sink_);
  EXPECT_EQ(drain().size(), 1u);
}

TEST_F(MqttValuesTest, WithoutStaleAfterNothingIsDue) {
  build("{name: d, mqtt: {broker: b, topic: t}, signals: [{name: v}]}");
  take("t", "1");
  EXPECT_EQ(values_->mark_stale(start + 365 * day, sink_), never);
}

constexpr const char* dated =
    "{name: d, mqtt: {broker: b, topic: t, stale_after: 10s}, signals: [{name: a, pointer: /a, "
    "time: /seen}, {name: all, type: string}, {name: b, pointer: /b}, {name: c, pointer: /c, time: "
    "/c_seen, type: bool}]}";

TEST_F(MqttValuesTest, ATimeOfTheSourceIsThatOfTheReading) {
  build(dated);
  wall_ = start;
  const auto readings =
      take("t", R"({"a":1,"b":2,"c":true,"seen":990,"c_seen":"1970-01-01T00:15:00Z"})", start + 5);
  ASSERT_EQ(readings.size(), 4u);
  Reading a = float64_reading(first_, 990 * second, 1);
  a.flags = source_time;
  EXPECT_EQ(readings[1], a);
  EXPECT_EQ(readings[2], float64_reading(first_ + 2, start + 5, 2));
  EXPECT_EQ(readings[3].time, 900 * second);
  EXPECT_EQ(readings[3].quality, Quality::good);
  EXPECT_EQ(values_->doubted.total(), 0u);
}

TEST_F(MqttValuesTest, TimesOfTheSourceAreJudgedAndCounted) {
  build(dated);
  const auto message = [&](const std::string& when) {
    const auto readings = take("t", R"({"a":1,"seen":)" + when + "}", start + 5);
    EXPECT_EQ(readings.size(), 2u);
    return readings.back();
  };
  wall_ = 1'700'000'000 * second;  // gateway time may be another
  EXPECT_EQ(message("1690000000").reason, Reason::source_time_too_old);
  EXPECT_EQ(message("1690000000").time, 1'690'000'000 * second);
  EXPECT_EQ(message("1700000059").quality, Quality::good);
  EXPECT_EQ(message("1700000061").reason, Reason::source_time_ahead);
  EXPECT_EQ(message("1700000061").time, start + 5);
  EXPECT_EQ(message("null").reason, Reason::no_source_time);
  EXPECT_EQ(message("null").quality, Quality::uncertain);
  EXPECT_EQ(values_->doubted[Reason::source_time_too_old].get(), 2u);
  EXPECT_EQ(values_->doubted[Reason::source_time_ahead].get(), 2u);
  EXPECT_EQ(values_->doubted[Reason::no_source_time].get(), 2u);
  wall_.reset();  // nothing to judge by
  EXPECT_EQ(message("1690000000").quality, Quality::good);
  EXPECT_EQ(message("4000000000").time, 4'000'000'000 * second);
}

TEST_F(MqttValuesTest, StaleCountsFromWhenItWasHeard) {
  build(dated);
  take("t", R"({"a":1,"b":2,"c":true,"seen":1,"c_seen":1})", start + 5 * second);
  EXPECT_EQ(values_->mark_stale(start + 14 * second, sink_), start + 15 * second);
  EXPECT_TRUE(drain().empty());
}

TEST_F(MqttValuesTest, AFullRingIsCounted) {
  build("{name: d, mqtt: {broker: b, topic: t}, signals: [{name: v}]}");
  for (int i = 0; i < 70; ++i) {
    queue_.push("t", "1", start);
    values_->take(*queue_.front(), wall_, sink_);
    queue_.pop();
  }
  EXPECT_EQ(account_.sampled.get(), 70u);
  EXPECT_EQ(account_.lost[Reason::ring_full].get(), 6u);
}

}  // namespace
}  // namespace fieldweir
