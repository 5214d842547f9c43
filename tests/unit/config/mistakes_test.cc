#include "config/mistakes.h"

#include <gtest/gtest.h>

namespace fieldweir::config {
namespace {

TEST(Mistakes, StandInOrderOfPlaceWithLineAndCaret) {
  Mistakes mistakes;
  const int file = mistakes.add_source("a.yaml", "one: 1\ntwo:\t{x: 2}\r\nthree: 3\n");
  mistakes.add({file, 3, 8}, "late");
  mistakes.add({file, 2, 7}, "early");
  mistakes.add({file, 0, 0}, "as a whole");
  EXPECT_EQ(mistakes.text(),
            "a.yaml: as a whole\n"
            "a.yaml:2:7: early\n"
            " 2 | two:\t{x: 2}\n"
            "   |     \t ^\n"
            "a.yaml:3:8: late\n"
            " 3 | three: 3\n"
            "   |        ^\n");
}

TEST(Mistakes, CaretCountsCharactersNotBytes) {
  Mistakes mistakes;
  mistakes.add({mistakes.add_source("a", "unit: \"°C\" x"), 1, 13}, "m");
  EXPECT_EQ(mistakes.text(), "a:1:13: m\n 1 | unit: \"°C\" x\n   |            ^\n");
}

TEST(Mistakes, LongLinesAreShownAroundTheCaret) {
  Mistakes mistakes;
  const std::string line = std::string(500, 'a') + "HERE" + std::string(500, 'b');
  mistakes.add({mistakes.add_source("a", line), 1, 501}, "m");
  const std::string text = mistakes.text();
  EXPECT_LT(text.size(), 300u);
  EXPECT_NE(text.find(std::string(50, 'a') + "HERE"), std::string::npos);
  EXPECT_NE(text.find("| " + std::string(50, ' ') + "^"), std::string::npos);
}

TEST(Mistakes, APlaceOutsideTheTextIsShownWithoutHarm) {
  Mistakes mistakes;
  mistakes.add({mistakes.add_source("a", "x"), 7, 9}, "m");
  mistakes.add({5, 1, 1}, "no such file");
  EXPECT_EQ(mistakes.text(), "a:7:9: m\n 7 | \n   | ^\nconfiguration:1:1: no such file\n");
}

TEST(Mistakes, TerminalControlIsNotPassedOn) {
  Mistakes mistakes;
  mistakes.add({mistakes.add_source("a", "x\x1b[2Jy"), 1, 1}, "bad\x1b[2J");
  EXPECT_EQ(mistakes.text().find('\x1b'), std::string::npos);
}

TEST(Mistakes, BeyondTheBoundTheyAreOnlyCounted) {
  Mistakes mistakes;
  const int file = mistakes.add_source("a", "x");
  for (int i = 0; i < 1000; ++i) mistakes.add({file, 1, 1}, "m" + std::to_string(i));
  EXPECT_EQ(mistakes.count(), 1000u);
  EXPECT_EQ(mistakes.all().size(), Mistakes::most);
  EXPECT_TRUE(mistakes.text().ends_with("... and 900 more\n"));
}

TEST(Mistakes, TheSameIsToldOnce) {
  Mistakes mistakes;
  const int file = mistakes.add_source("a", "x\ny");
  for (const int line : {1, 2, 1, 2}) mistakes.add({file, line, 1}, "m");
  EXPECT_EQ(mistakes.count(), 2u);
}

TEST(DidYouMean, SuggestsTheNearestWithinAThird) {
  const std::vector<std::string> known{"timeout", "unit", "host", "port"};
  EXPECT_EQ(did_you_mean("timout", known), " (did you mean 'timeout'?)");
  EXPECT_EQ(did_you_mean("tiemout", known), " (did you mean 'timeout'?)");
  EXPECT_EQ(did_you_mean("hots", known), " (did you mean 'host'?)");
  EXPECT_EQ(did_you_mean("prt", known), " (did you mean 'port'?)");
  EXPECT_EQ(did_you_mean("retries", known), "");
  EXPECT_EQ(did_you_mean("", known), "");
  EXPECT_EQ(did_you_mean("x", {"y"}), "") << "nothing in common";
  EXPECT_EQ(did_you_mean(std::string(100'000, 'a'), known), "");
}

}  // namespace
}  // namespace fieldweir::config
