#include "drivers/mqtt_topic.h"

#include <gtest/gtest.h>

namespace fieldweir {
namespace {

TEST(MqttTopic, PlainTopicMatchesItselfOnly) {
  const auto topic = parse_topic("plant/boiler");
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->filter(), "plant/boiler");
  EXPECT_EQ(topic->match("plant/boiler"), "");
  EXPECT_FALSE(topic->match("plant/boiler/x"));
  EXPECT_FALSE(topic->match("plant/boile"));
}

TEST(MqttTopic, PlaceholderStandsForExactlyOneLevel) {
  const auto topic = parse_topic("z2m/{room}/state");
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->filter(), "z2m/+/state");
  EXPECT_EQ(topic->placeholder, "{room}");
  EXPECT_EQ(topic->match("z2m/kitchen/state"), "kitchen");
  for (const char* other : {"z2m//state", "z2m/state", "z2m/a/b/state", "z2m/kitchen", "x/a/state"})
    EXPECT_FALSE(topic->match(other)) << other;

  EXPECT_EQ(parse_topic("{id}")->filter(), "+");
  EXPECT_EQ(parse_topic("{id}")->match("a"), "a");
  EXPECT_EQ(parse_topic("a/{id}")->match("a/b"), "b");
  EXPECT_FALSE(parse_topic("a/{id}")->match("a/"));
}

TEST(MqttTopic, RefusesWildcardsAndOddPlaceholders) {
  for (const char* text : {"", "a/+", "a/#", "a/{}", "a/{x", "a/x}", "a/x{y}", "a/{y}x", "{a}/{b}",
                           "{a{b}}", "{a/b}", "}{"})
    EXPECT_FALSE(parse_topic(text)) << text;
  EXPECT_FALSE(parse_topic(std::string(257, 'x')));
}

}  // namespace
}  // namespace fieldweir
