#include "uplink/topic.h"

#include <gtest/gtest.h>

#include <array>

namespace fieldweir {
namespace {

constexpr std::array<std::string_view, 2> known = {"gateway", "lane"};

TEST(PublishTopic, TakesLevelsAndKnownPlaceholders) {
  for (const char* good : {"a", "a/b", "plant/{gateway}/{lane}", "{lane}", "x{gateway}y"})
    EXPECT_TRUE(is_publish_topic(good, known)) << good;
  for (const char* bad :
       {"", "/a", "a/", "a/+", "#", "a/{gate}", "a/{", "a/}", "{gateway", "}{", "{{gateway}}"})
    EXPECT_FALSE(is_publish_topic(bad, known)) << bad;
  EXPECT_FALSE(is_publish_topic(std::string(129, 'a'), known));
}

TEST(PublishTopic, FillsInEachPlaceholderOnce) {
  EXPECT_EQ(fill_in("p/{gateway}/{lane}/{gateway}", {{"gateway", "g"}, {"lane", "events"}}),
            "p/g/events/g");
  EXPECT_EQ(fill_in("{gateway}", {{"gateway", "{gateway}"}}), "{gateway}");
}

}  // namespace
}  // namespace fieldweir
