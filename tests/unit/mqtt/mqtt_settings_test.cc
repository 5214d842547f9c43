#include "drivers/mqtt_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"

namespace fieldweir {
namespace {

using testing::HasSubstr;

std::unique_ptr<DeviceSettings> read(const std::string& text, config::Mistakes& mistakes) {
  return read_mqtt_device(config::load_text("test.yaml", text, mistakes), mistakes);
}

TEST(MqttSettings, ReadsADeviceWithInstances) {
  config::Mistakes mistakes;
  const auto settings = read(
      "name: rooms\n"
      "mqtt: {broker: site, topic: \"z2m/{room}\", qos: 0, stale_after: 15m}\n"
      "signals:\n"
      "  - {name: \"{room}.temperature\", pointer: /temperature, unit: K}\n"
      "  - {name: \"{room}.contact\", pointer: /contact, type: bool}\n"
      "max_instances: 7\n",
      mistakes);
  ASSERT_TRUE(settings) << mistakes.text();
  EXPECT_EQ(settings->instances(), 7u);
  ASSERT_EQ(settings->signals().size(), 2u);
  EXPECT_EQ(settings->signals()[0]->kind(), Kind::float64);
  EXPECT_EQ(settings->signals()[1]->kind(), Kind::boolean);
  const auto& device = dynamic_cast<const MqttDevice&>(*settings);
  EXPECT_EQ(device.mqtt.broker.name, "site");
  EXPECT_EQ(device.mqtt.qos, 0);
  EXPECT_EQ(device.mqtt.stale_after, 15 * minute);
}

TEST(MqttSettings, HasDefaults) {
  config::Mistakes mistakes;
  const auto plain = read("{name: d, mqtt: {broker: b, topic: t}, signals: [{name: v}]}", mistakes);
  ASSERT_TRUE(plain) << mistakes.text();
  EXPECT_EQ(plain->instances(), 1u);
  EXPECT_FALSE(dynamic_cast<const MqttDevice&>(*plain).values[0].pointer);
  const auto wild =
      read("{name: d, mqtt: {broker: b, topic: \"{x}\"}, signals: [{name: \"{x}\"}]}", mistakes);
  ASSERT_TRUE(wild) << mistakes.text();
  EXPECT_EQ(wild->instances(), 32u);
}

TEST(MqttSettings, NamesEachMistake) {
  const auto refused = [](const std::string& text) {
    config::Mistakes mistakes;
    EXPECT_FALSE(read(text, mistakes)) << text;
    return mistakes.text();
  };
  EXPECT_THAT(refused("{name: d, mqtt: {broker: b, topic: a/#}, signals: [{name: v}]}"),
              HasSubstr("placeholder"));
  EXPECT_THAT(refused("{name: d, mqtt: {broker: b, topic: \"{x}\"}, signals: [{name: v}]}"),
              HasSubstr("must contain {x}"));
  EXPECT_THAT(refused("{name: d, mqtt: {broker: b, topic: t}, signals: [{name: \"{x}.v\"}]}"),
              HasSubstr("no placeholder"));
  EXPECT_THAT(
      refused("{name: d, mqtt: {broker: b, topic: t}, max_instances: 3, signals: [{name: v}]}"),
      HasSubstr("max_instances"));
  EXPECT_THAT(refused("{name: d, mqtt: {broker: b, topic: t}, signals: [{name: v, pointer: a.b}]}"),
              HasSubstr("JSON pointer"));
  EXPECT_THAT(refused("{name: d, mqtt: {broker: b, topic: t}, signals: [{name: v, time: /t}]}"),
              HasSubstr("'time' needs 'pointer'"));
  EXPECT_THAT(refused("{name: d, mqtt: {broker: b, topic: t}, signals: []}"),
              HasSubstr("without signals"));
  EXPECT_THAT(refused("{name: d, mqtt: {broker: b, topic: t}, signals: [{name: " +
                      std::string(63, 'v') + "}]}"),
              HasSubstr("64 bytes"));
  EXPECT_THAT(refused("{name: d, mqtt: {broker: b, topic: t, qos: 2}, signals: [{name: v}]}"),
              HasSubstr("qos"));
}

}  // namespace
}  // namespace fieldweir
