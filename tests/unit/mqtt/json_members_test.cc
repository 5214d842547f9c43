#include "drivers/json_members.h"

#include <gtest/gtest.h>

namespace fieldweir {
namespace {

using Type = JsonMember::Type;

/// A document with the NUL that the reader wants behind it.
struct Document {
  explicit Document(std::string text) : bytes(std::move(text)) {}
  std::span<char> span() { return {bytes.data(), bytes.size()}; }
  std::string bytes;
};

struct Found {
  Reason reason;
  std::vector<JsonMember> members;
  std::vector<std::string> texts;
};

Found find(const std::vector<std::string>& pointers, std::string text) {
  JsonMembers members(pointers);
  Document document(std::move(text));
  Found found{members.read(document.span()), {}, {}};
  for (std::size_t i = 0; i < pointers.size(); ++i) {
    found.members.push_back(members[i]);
    found.texts.emplace_back(members[i].text);
  }
  return found;
}

TEST(JsonMembers, FindsScalarsOfEveryTypeAtAnyDepth) {
  const Found f = find({"/t", "/a/b/1/c", "/on", "/n", "/s", "/none", "/a", "/neg"},
                       R"({"x":[1,{"t":9}],"t":21.50,"a":{"b":[0,{"c":-7}],"t":1},"on":true,)"
                       R"("n":null,"s":"h\u00e9\n","neg": -1.5e-3 })");
  EXPECT_EQ(f.reason, Reason::none);
  EXPECT_EQ(f.members[0].type, Type::number);
  EXPECT_EQ(f.texts[0], "21.50");
  EXPECT_EQ(f.texts[1], "-7");
  EXPECT_EQ(f.members[2].type, Type::boolean);
  EXPECT_TRUE(f.members[2].boolean);
  EXPECT_EQ(f.members[3].type, Type::null);
  EXPECT_EQ(f.members[4].type, Type::text);
  EXPECT_EQ(f.texts[4], "h\xC3\xA9\n");
  EXPECT_EQ(f.members[5].type, Type::missing);
  EXPECT_EQ(f.members[6].type, Type::container);
  EXPECT_EQ(f.texts[7], "-1.5e-3");
}

TEST(JsonMembers, TakesTheWholeDocumentEscapesAndEqualPointers) {
  EXPECT_EQ(find({""}, " 42 ").texts[0], "42");
  const Found f =
      find({"/a~1b/~0", "/a~1b/~0", "/0/", "/1"}, R"({"a/b":{"~":1},"0":{"":2},"1":3})");
  EXPECT_EQ(f.texts, (std::vector<std::string>{"1", "1", "2", "3"}));
  EXPECT_EQ(find({"/1", "/01"}, "[5,6]").texts, (std::vector<std::string>{"6", ""}));
}

TEST(JsonMembers, CountsAKeyThatStandsTwiceTheLastTime) {
  EXPECT_EQ(find({"/a"}, R"({"a":1,"a":2})").texts[0], "2");
}

TEST(JsonMembers, ForgetsWhatTheLastDocumentHad) {
  JsonMembers members(std::vector<std::string>{"/a"});
  Document with(R"({"a":1})"), without(R"({"b":1})");
  ASSERT_EQ(members.read(with.span()), Reason::none);
  ASSERT_EQ(members.read(without.span()), Reason::none);
  EXPECT_EQ(members[0].type, Type::missing);
}

TEST(JsonMembers, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           "  ",
                           "{",
                           "}",
                           R"({"a":1)",
                           R"({"a":1}x)",
                           R"({"a":1,})",
                           R"({a:1})",
                           R"({"a":01})",
                           R"({"a":+1})",
                           R"({"a":1.})",
                           R"({"a":.5})",
                           R"({"a":NaN})",
                           R"({"a":Infinity})",
                           R"({"a":'x'})",
                           R"({"a":"x)",
                           "[1,2",
                           "tru",
                           "\xEF\xBB",
                           R"({"a":1}{"a":2})",
                           "// c\n1",
                           R"({"a":"\ud800"})",
                           "{\"a\":\"\x01\"}",
                           "{\"a\":\"\xFF\"}",
                           "{\"a\":\"\xC0\xAF\"}",
                           "{\"a\":\"\xED\xA0\x80\"}"})
    EXPECT_EQ(find({"/a"}, text).reason, Reason::parse_error) << text;
  using namespace std::string_literals;
  EXPECT_EQ(find({"/a"}, "{\"a\":1}\0{\"a\":2}"s).reason, Reason::parse_error);
}

TEST(JsonMembers, StopsAtTheDeepestLevelWithoutRecursion) {
  const auto nested = [](int levels) {
    return std::string(levels, '[') + "1" + std::string(levels, ']');
  };
  EXPECT_EQ(find({""}, nested(JsonMembers::deepest)).reason, Reason::none);
  EXPECT_EQ(find({""}, nested(JsonMembers::deepest + 1)).reason, Reason::too_large);
  EXPECT_EQ(find({""}, std::string(1'000'000, '[')).reason, Reason::too_large);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  EXPECT_EQ(find({"/a/a"}, objects).reason, Reason::too_large);
}

TEST(JsonMembers, KnowsAWellWrittenPointer) {
  for (const char* good : {"", "/", "/a", "/a/0", "/a~0b~1"})
    EXPECT_TRUE(JsonMembers::pointer_is_written_well(good)) << good;
  for (const char* bad : {"a", "a/b", "/~", "/~2", "$.a"})
    EXPECT_FALSE(JsonMembers::pointer_is_written_well(bad)) << bad;
}

}  // namespace
}  // namespace fieldweir
