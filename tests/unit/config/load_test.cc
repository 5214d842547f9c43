// Each thing that yaml-cpp lets through, or does badly, is a test here.
#include "config/load.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace fieldweir::config {
namespace {

/// "2:1 message" for each mistake in order of place.
std::string mistakes_of(const std::string& text) {
  Mistakes mistakes;
  load_text("f", text, mistakes);
  std::string out;
  for (const Mistakes::Mistake& m : mistakes.all())
    out += (out.empty() ? "" : "\n") + std::to_string(m.place.line) + ":" +
           std::to_string(m.place.column) + " " + m.message;
  return out;
}

Node good(const std::string& text) {
  Mistakes mistakes;
  Node node = load_text("f", text, mistakes);
  EXPECT_EQ(mistakes.text(), "");
  return node;
}

TEST(Load, KeepsOrderPlacesAndQuotes) {
  const Node root = good("b: 1\na: {x: \"5\", y: [p, 'q']}\n");
  ASSERT_EQ(root.entries.size(), 2u);
  EXPECT_EQ(root.entries[0].key, "b");
  const Node& a = *root.find("a");
  EXPECT_EQ(a.place.line, 2);
  EXPECT_EQ(a.place.column, 4);
  EXPECT_EQ(a.entries[0].key_place.column, 5);
  EXPECT_EQ(a.find("x")->place.column, 8);
  EXPECT_TRUE(a.find("x")->quoted);
  EXPECT_FALSE(root.find("b")->quoted);
  EXPECT_EQ(a.find("y")->items[1].scalar, "q");
  EXPECT_EQ(root.find("c"), nullptr);
}

TEST(Load, EmptyIsNull) {
  EXPECT_EQ(good("").type, Node::Type::null);
  EXPECT_EQ(good("# nothing\n").type, Node::Type::null);
  EXPECT_EQ(good("a:\n").find("a")->type, Node::Type::null);
  EXPECT_EQ(good("x: 1\na:\n\n\n").find("a")->place.line, 2) << "the place of nothing is its key's";
}

TEST(Load, DuplicateKeys) {
  EXPECT_EQ(mistakes_of("a: 1\nb: 2\na: 3\n"), "3:1 'a' stands here twice, first at f:1:1");
  EXPECT_EQ(mistakes_of("{x: {a: 1, 'a': 2}}"), "1:12 'a' stands here twice, first at f:1:6");
}

TEST(Load, MergeKeys) {
  EXPECT_EQ(mistakes_of("a:\n  <<: {b: 1}\n"),
            "2:3 merge keys (<<) are not part of the grammar; `profiles` hold what is shared");
}

TEST(Load, AnchorsAndAliases) {
  EXPECT_EQ(mistakes_of("a: &x {b: 1}\nc: *x\n"),
            "1:4 anchors (&name) are not part of the grammar; `profiles` hold what is shared\n"
            "2:4 aliases (*name) are not part of the grammar; `profiles` hold what is shared");
  EXPECT_NE(mistakes_of("a: &a [*a]\n"), "") << "a self-referring alias";
  EXPECT_NE(mistakes_of("a: *nowhere\n"), "");
}

TEST(Load, Tags) {
  const std::string wrong = "tags (!name) are not part of the grammar";
  EXPECT_EQ(mistakes_of("a: !!str 5"), "1:4 " + wrong);
  EXPECT_EQ(mistakes_of("a: !foo [1]"), "1:4 " + wrong);
  EXPECT_EQ(mistakes_of("a: !foo {b: 1}"), "1:4 " + wrong);
  EXPECT_EQ(mistakes_of("a: ! 5"), "1:4 " + wrong);
}

TEST(Load, SeveralDocuments) {
  EXPECT_EQ(good("---\na: 1\n...\n").find("a")->scalar, "1");
  EXPECT_EQ(
      mistakes_of("a: 1\n---\nb: 2\n"),
      "2:1 a second document starts here; a configuration is one (is the indentation right?)");
}

TEST(Load, OctalAndYesStayTexts) {
  const Node root = good("a: 0123\nb: yes\nc: on\n");
  EXPECT_EQ(root.find("a")->scalar, "0123");
  EXPECT_EQ(root.find("b")->scalar, "yes");
}

TEST(Load, AnUnclosedQuoteSwallowsNothing) {
  const std::string wrong = "this quote is not closed on its line";
  EXPECT_EQ(mistakes_of("a: \"foo\nb: 5\n"), "1:4 " + wrong);
  EXPECT_EQ(mistakes_of("a: 'foo\nb: 'bar\n"),
            "1:4 " + wrong +
                "\n2:5 not valid YAML: end of map not found (check the indentation, and quotes and "
                "colons around here)");
  good("a: 'it''s'\nb: \"say \\\"hi\\\"\"\nc: ''\nd: \"\"\n\"quoted key\": '\"'\n");
}

TEST(Load, AForgottenColonSwallowsNothing) {
  EXPECT_EQ(mistakes_of("a: foo\n  bar\n"),
            "1:4 this text runs on into the next line; a long text needs | or >");
  EXPECT_EQ(good("a: |\n  x\n  y\nb: >\n  x\n  y\n").find("b")->scalar, "x y\n");
}

TEST(Load, WrongYamlHasAPlaceAndAHint) {
  EXPECT_EQ(mistakes_of("a: b: c\n"),
            "1:5 not valid YAML: illegal map value (a text that holds ': ' needs quotes; or the "
            "indentation is wrong)");
  EXPECT_EQ(mistakes_of("a:\n\t- b\n"),
            "2:2 not valid YAML: illegal block entry (indent with spaces, not tabs)");
  EXPECT_EQ(mistakes_of("a: @b\n"),
            "1:4 not valid YAML: unknown token (a text that starts with @, ` or % needs quotes)");
  EXPECT_EQ(
      mistakes_of("a: {b: ${env:HOME}}\n"),
      "1:9 not valid YAML: end of map flow not found (within { } or [ ] a ${...} needs quotes "
      "around it)");
  EXPECT_EQ(mistakes_of("a: [1\n]]\n").substr(0, 4), "2:2 ");
}

TEST(Load, KeysAreTexts) {
  EXPECT_EQ(mistakes_of("? [a]\n: 1\n"), "1:3 a key must be a text");
  EXPECT_EQ(mistakes_of("~: 1\n"), "1:1 a key must be a text");
  EXPECT_EQ(good("0: a\n").entries[0].key, "0");
}

TEST(Load, OnlyText) {
  EXPECT_EQ(mistakes_of("a: 1\nb: \x1b[2J\n"), "2:4 a control character, or not UTF-8");
  EXPECT_EQ(mistakes_of(std::string("a\0b", 3)), "1:2 a control character, or not UTF-8");
  EXPECT_EQ(mistakes_of("a: \xC3\x28"), "1:4 a control character, or not UTF-8");
  EXPECT_EQ(mistakes_of("a: \xED\xA0\x80"), "1:4 a control character, or not UTF-8");
  EXPECT_EQ(mistakes_of("a: \xC0\xAF"), "1:4 a control character, or not UTF-8");
  EXPECT_EQ(mistakes_of("a: \xF4\x90\x80\x80"), "1:4 a control character, or not UTF-8");
  EXPECT_EQ(mistakes_of("a: \xE2\x82"), "1:4 a control character, or not UTF-8") << "cut short";
  EXPECT_EQ(mistakes_of("a: \"x\\x07\"\n"), "1:4 control characters are not allowed in texts");
  EXPECT_EQ(good("a: °C 温度 \xF0\x9F\x94\xA5\n").find("a")->scalar, "°C 温度 \xF0\x9F\x94\xA5");
}

TEST(Load, ByteOrderMarkAndCarriageReturnsAreHarmless) {
  const Node root = good(
      "\xEF\xBB\xBF"
      "a: x\r\nb: \"y\"\r\n");
  EXPECT_EQ(root.find("a")->scalar, "x");
  EXPECT_EQ(root.find("a")->place.column, 4);
  EXPECT_EQ(root.find("b")->scalar, "y");
}

TEST(Load, DepthIsBounded) {
  EXPECT_EQ(mistakes_of("a: " + std::string(40, '[') + std::string(40, ']')),
            "1:35 nested deeper than 32 levels");
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "{a: ";
  EXPECT_NE(mistakes_of(deep), "");
  EXPECT_NE(mistakes_of(std::string(1'000'000, '[')), "");
  EXPECT_NE(mistakes_of(std::string(1'000'000, '{')), "");
}

TEST(Load, NumbersOfValuesAndKeysAreBounded) {
  std::string list = "[";
  for (int i = 0; i < 210'000; ++i) list += "1,";
  EXPECT_NE(mistakes_of(list + "]").find("more than 200000 values"), std::string::npos);
  std::string map;
  for (int i = 0; i < 40'000; ++i) map += "key" + std::to_string(i) + ": v\n";
  EXPECT_EQ(mistakes_of(map), "1001:1 more than 1000 keys in one map");
}

TEST(Load, MemoryIsBounded) {
  // 40,000 keys took 41 MB in yaml-cpp's tree: here 40,000 keys in many maps must stay far below.
  std::string text;
  for (int i = 0; i < 200; ++i) {
    text += "m" + std::to_string(i) + ":\n";
    for (int k = 0; k < 120; ++k) text += "  k" + std::to_string(k) + ": v\n";
  }
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  const Node root = good(text);
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(root.entries.size(), 200u);
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 * 1024) << "KiB";
#endif
}

TEST(Load, SizeIsBoundedBeforeParsing) {
  EXPECT_EQ(mistakes_of(std::string(1024 * 1024 + 1, 'x')), "0:0 larger than 1MiB");
}

TEST(Load, ASecretInTheFileItselfIsStarredWhereverItsLineIsShown) {
  for (const char* text :
       {"a: {password: hunter2, b: !x c}", "a: {b: !x c, token: \"hun\\\"ter2\"}",
        "a: {b: !x c, url: 'mqtt://me:hunter2@host'}", "a: {b: !x c, password: \"hunter2}",
        "password: a: hunter2", "password: @hunter2", "password: hunter2\n  more"}) {
    Mistakes mistakes;
    load_text("f", text, mistakes);
    EXPECT_FALSE(mistakes.empty()) << text;
    EXPECT_EQ(mistakes.text().find("ter2"), std::string::npos) << mistakes.text();
  }
  Mistakes mistakes;
  load_text("f", "a: {password: \"hunter2\", b: !x c}", mistakes);
  EXPECT_EQ(mistakes.text(),
            "f:1:29: tags (!name) are not part of the grammar\n"
            " 1 | a: {password: *********, b: !x c}\n"
            "   |                             ^\n");
}

TEST(Load, FilesThatCannotBeRead) {
  const TempDir folder;
  Mistakes mistakes;
  load_file(folder.file("none.yaml"), mistakes);
  EXPECT_EQ(mistakes.text(),
            folder.file("none.yaml") + ": cannot be read: No such file or directory\n");
  Mistakes more;
  load_file(folder.path().string(), more);
  EXPECT_EQ(more.text(), folder.path().string() + ": cannot be read: Is a directory\n");
  Mistakes large;
  std::ofstream(folder.file("large")) << std::string(2 * 1024 * 1024, '#');
  load_file(folder.file("large"), large);
  EXPECT_EQ(large.text(), folder.file("large") + ": cannot be read: larger than 1MiB\n");
}

}  // namespace
}  // namespace fieldweir::config
