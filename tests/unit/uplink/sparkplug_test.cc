// What tests/integration/sparkplug.py, which has Tahu's library read everything, does not reach.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/load.h"
#include "core/random.h"
#include "tests/unit/uplink/format_batches.h"
#include "uplink/formats/sparkplug_b.h"
#include "uplink/formats/sparkplug_metric.h"
#include "uplink/https.h"
#include "uplink/mqtt.h"

namespace fieldweir {
namespace {

using testing::HasSubstr;

std::string load(const UplinkKind& kind, const std::string& yaml) {
  config::Mistakes mistakes;
  const config::Node node = config::load_text("test.yaml", "{name: a, " + yaml + "}", mistakes);
  const auto settings = kind.read(node, mistakes);
  EXPECT_EQ(settings == nullptr, !mistakes.empty());
  if (settings && settings->format == "sparkplug_b") {
    EXPECT_TRUE(settings->by_device);
  }
  return mistakes.empty() ? "" : mistakes.text();
}

TEST(SparkplugSettings, NeedAGroupAndNoTopic) {
  const std::string format = "format: sparkplug_b, ";
  EXPECT_EQ(load(mqtt_uplink(), format + "mqtt: {broker: b, group: plant-7}"), "");
  EXPECT_THAT(load(mqtt_uplink(), format + "mqtt: {broker: b}"), HasSubstr("needs 'group'"));
  EXPECT_THAT(load(mqtt_uplink(), format + "mqtt: {broker: b, group: g, topic: t}"),
              HasSubstr("leave 'topic' out"));
  EXPECT_THAT(load(mqtt_uplink(), "mqtt: {broker: b, group: g}"),
              HasSubstr("'group' needs 'format: sparkplug_b'"));
  for (const char* group : {"''", "a/b", "a+", "'#'", "'{gateway}'"})
    EXPECT_THAT(load(mqtt_uplink(), format + "mqtt: {broker: b, group: " + group + "}"),
                HasSubstr("one level of a topic"))
        << group;
}

TEST(SparkplugSettings, AreForMqttOnly) {
  EXPECT_THAT(load(https_uplink(), "format: sparkplug_b, https: {url: 'https://x/'}"),
              HasSubstr("'sparkplug_b' is for mqtt uplinks only"));
}

std::vector<char> payload(const DecodedBatch& batch) {
  const std::string text = written(find_format("sparkplug_b"), batch, {.gateway = "g"});
  return {text.begin(), text.end()};
}

/// is_historical of each metric.
std::vector<bool> marks(std::vector<char> bytes) {
  std::vector<bool> all;
  ProtobufReader fields(bytes);
  while (const auto field = fields.next()) {
    if (field->number != sparkplug::metrics) continue;
    ProtobufReader inner(field->bytes);
    while (const auto part = inner.next())
      if (part->number == 5) all.push_back(part->integer != 0);
  }
  return all;
}

TEST(Sparkplug, WhatIsOlderThanTheBirthsIsHistorical) {
  const Signals signals{"d.a"};
  auto bytes =
      payload(signals.batch(here, {float64_reading(0, t - second, 1), float64_reading(0, t, 2),
                                   float64_reading(0, t + second, 3), float64_reading(0, -5, 4)}));
  EXPECT_THAT(marks(bytes), testing::ElementsAre(false, false, false, false));
  mark_historical(bytes, t);
  EXPECT_THAT(marks(bytes), testing::ElementsAre(true, false, false, true));
}

TEST(Sparkplug, AnyBytesAreReadToTheirEnd) {
  const std::vector<char> good = payload(kinds().batch);
  Random random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<char> bytes = good;
    bytes.resize(random.below(good.size()) + 1);
    for (int i = 0; i < 4; ++i)
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    mark_historical(bytes, t + hour);
    EXPECT_FALSE(asks_for_rebirth(bytes));
  }
}

TEST(Sparkplug, RebirthIsAskedForByItsNameAndTrue) {
  const auto asks = [](std::string_view name, bool value) {
    std::vector<char> bytes(2 * sparkplug_metric_max);
    ProtobufWriter to(bytes);
    to.integer(sparkplug::timestamp, 5);
    write_sparkplug_metric(
        {.name = name, .kind = Kind::boolean, .reading = boolean_reading(0, t, value)}, to);
    bytes.resize(to.size());
    return asks_for_rebirth(bytes);
  };
  EXPECT_TRUE(asks("Node Control/Rebirth", true));
  EXPECT_FALSE(asks("Node Control/Rebirth", false));
  EXPECT_FALSE(asks("Node Control/Reboot", true));
}

}  // namespace
}  // namespace fieldweir
