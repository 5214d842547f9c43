#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "uplink/local.h"
#include "uplink/mqtt.h"

namespace fieldweir {
namespace {

using testing::HasSubstr;

std::unique_ptr<UplinkSettings> read(const std::string& text, config::Mistakes& mistakes) {
  return mqtt_uplink().read(config::load_text("test.yaml", text, mistakes), mistakes);
}

std::string refused(const std::string& text) {
  config::Mistakes mistakes;
  EXPECT_FALSE(read(text, mistakes)) << text;
  return mistakes.text();
}

TEST(MqttUplinkSettings, ReadsItsKeys) {
  config::Mistakes mistakes;
  const auto settings = read(
      "{name: u, mqtt: {broker: cloud, topic: \"p/{gateway}/{lane}\", qos: 1, in_flight: 100}}",
      mistakes);
  ASSERT_TRUE(settings) << mistakes.text();
  const auto& target = static_cast<const MqttUplinkSettings&>(*settings).mqtt;
  EXPECT_EQ(target.broker.name, "cloud");
  EXPECT_EQ(target.topic, "p/{gateway}/{lane}");
  EXPECT_EQ(target.in_flight, 100);
}

TEST(MqttUplinkSettings, NamesEachMistake) {
  EXPECT_THAT(refused("{name: u, mqtt: {broker: c, topic: \"p/{gate}\"}}"), HasSubstr("{gateway}"));
  EXPECT_THAT(refused("{name: u, mqtt: {broker: c, qos: 0}}"), HasSubstr("confirms"));
  EXPECT_THAT(refused("{name: u, mqtt: {broker: c, in_flight: 101}}"), HasSubstr("100"));
  EXPECT_THAT(refused("{name: u, mqtt: {topic: t}}"), HasSubstr("broker"));
}

TEST(LocalSettings, ReadsItsKeys) {
  const auto read_local = [](const std::string& text, config::Mistakes& mistakes) {
    LocalSettings settings;
    local_fields().read(config::load_text("test.yaml", text, mistakes), settings, mistakes);
    return settings;
  };
  config::Mistakes good;
  const LocalSettings settings =
      read_local("{mqtt: {broker: site, prefix: \"a/{gateway}\", retain: false}}", good);
  EXPECT_TRUE(good.empty()) << good.text();
  EXPECT_EQ(settings.mqtt.prefix, "a/{gateway}");
  EXPECT_FALSE(settings.mqtt.retain);

  EXPECT_FALSE(settings.commands.has_value());  // nobody writes unless it says so
  config::Mistakes commands;
  const LocalSettings with =
      read_local("{mqtt: {broker: site}, commands: {signals: [a.b]}}", commands);
  EXPECT_TRUE(commands.empty()) << commands.text();
  ASSERT_TRUE(with.commands.has_value());
  EXPECT_EQ(with.commands->roles, std::vector<std::string>{"operator"});
  config::Mistakes prefix;
  read_local("{mqtt: {broker: site, prefix: \"a/#\"}}", prefix);
  EXPECT_EQ(prefix.count(), 1u) << prefix.text();
}

}  // namespace
}  // namespace fieldweir
