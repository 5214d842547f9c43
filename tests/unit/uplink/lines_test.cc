#include "uplink/lines.h"

#include <gtest/gtest.h>

#include <vector>

namespace fieldweir {
namespace {

std::vector<Message> messages(const std::vector<std::string_view>& bodies) {
  std::vector<Message> all;
  for (const std::string_view body : bodies) all.push_back({Lane::telemetry, {}, "gw", body});
  return all;
}

TEST(Lines, AMessageAloneStaysAsItIs) {
  const auto window = messages({"a", "b"});
  Lines lines(1);
  EXPECT_EQ(lines.join(window).data(), window[0].body.data());
  EXPECT_EQ(lines.count(), 1u);
}

TEST(Lines, EachEndsItsLineOnce) {
  const auto window = messages({"{\"a\":1}", "b 1\n", "c"});
  Lines lines(10);
  EXPECT_EQ(lines.join(window), "{\"a\":1}\nb 1\nc\n");
  EXPECT_EQ(lines.count(), 3u);
}

TEST(Lines, TakesNoMoreThanAskedForAndThanHasRoom) {
  const auto window = messages({"a", "b", "c"});
  Lines two(2);
  EXPECT_EQ(two.join(window), "a\nb\n");
  const std::string half(Lines::most_bytes / 2, 'x');
  Lines wide(10);
  EXPECT_EQ(wide.join(messages({"a", half, "c", half})).size(), half.size() + 5);
  EXPECT_EQ(wide.count(), 3u);
}

TEST(Lines, OneThatIsLargerThanAllGoesAlone) {
  const std::string large(Lines::most_bytes, 'x');
  Lines lines(10);
  EXPECT_EQ(lines.join(messages({large, "b"})).data(), large.data());
  EXPECT_EQ(lines.count(), 1u);
  EXPECT_EQ(lines.join(messages({"a", large})), "a");
}

TEST(Lines, FindsTheOneToBlameByHalves) {
  const auto window = messages({"a", "b", "c", "d", "e"});
  Lines lines(8);
  lines.join(window);
  EXPECT_FALSE(lines.refused());
  EXPECT_EQ(lines.join(window), "a\nb\n");
  EXPECT_FALSE(lines.refused());
  EXPECT_EQ(lines.join(window), "a");
  EXPECT_TRUE(lines.refused());
  lines.join(window);
  lines.taken();
  lines.join(window);
  EXPECT_EQ(lines.count(), 2u);
  lines.taken();
  lines.join(window);
  EXPECT_EQ(lines.count(), 4u);
}

}  // namespace
}  // namespace fieldweir
