#include "daemon/account.h"

#include <gmock/gmock.h>

#include <cstdio>

namespace fieldweir {
namespace {

using testing::HasSubstr;

std::string message(unsigned epoch, unsigned seq, const std::string& prev,
                    const std::string& more = "",
                    const std::string& readings = R"({"ts":1,"signal":"a.b","value":1})") {
  return R"({"v":1,"gateway":"g","stream":"00000001","epoch":)" + std::to_string(epoch) +
         R"(,"lane":"telemetry","seq":)" + std::to_string(seq) + R"(,"prev":)" + prev + more +
         R"(,"readings":[)" + readings + "]}";
}

Account::Report account(const std::vector<std::string>& lines) {
  Account account;
  for (const std::string& line : lines) account.add(line);
  return account.report();
}

TEST(Account, AWholeRecordIsExplained) {
  const auto report = account({message(1, 7, "[1,6]"), message(1, 8, "[1,7]"), "",
                               "site/g/telemetry " + message(1, 9, "[1,8]"), message(2, 1, "[1,9]"),
                               message(2, 2, "[2,1]")});
  EXPECT_TRUE(report.explained) << report.text;
  EXPECT_THAT(report.text, HasSubstr("5 batches, 1/7 to 2/2, 5 readings"));
}

TEST(Account, WhatIsMissingIsNamed) {
  auto report = account({message(1, 1, "null"), message(1, 2, "[1,1]"), message(1, 6, "[1,5]")});
  EXPECT_FALSE(report.explained);
  EXPECT_THAT(report.text, HasSubstr("MISSING: 1/3..1/5\n"));
  // the end of a run, which only the next one tells
  report = account({message(1, 1, "null"), message(2, 1, "[1,2]")});
  EXPECT_FALSE(report.explained);
  EXPECT_THAT(report.text, HasSubstr("MISSING: 1/2\n"));
}

TEST(Account, WhatWasNotForThisDestinationIsNotMissing) {
  const auto report = account({message(1, 1, "null"), message(1, 5, "[1,1]"),
                               message(2, 4, "[1,5]"), message(2, 5, "[2,4]")});
  EXPECT_TRUE(report.explained) << report.text;
  EXPECT_THAT(report.text, HasSubstr("nothing for this destination: 6 positions"));
}

// live_first: 1/8 begins a range; of what stands before it in the backlog, 1/6 and 1/7 were not
// sent.
TEST(Account, BeforeALiveStartNothingTellsWhatWasSelected) {
  const std::string old = R"(,"historical":true)";
  std::vector<std::string> lines = {message(1, 1, "null"), message(1, 8, "null"),
                                    message(1, 2, "[1,1]", old), message(1, 5, "[1,2]", old),
                                    message(1, 9, "[1,8]")};
  auto report = account(lines);
  EXPECT_TRUE(report.explained) << report.text;
  EXPECT_THAT(report.text, HasSubstr("before a live start: 1/6..1/7\n"));
  // who is sent everything misses them
  report = account({message(1, 1, "null"), message(1, 4, "null"), message(1, 2, "[1,1]", old),
                    message(1, 5, "[1,4]")});
  EXPECT_FALSE(report.explained);
  EXPECT_THAT(report.text, HasSubstr("MISSING: 1/3\n"));
}

TEST(Account, AGapMarkExplainsWhatItReplaces) {
  const std::string gap = R"({"gap":{"from":1,"to":2,"readings":40,"reason":"quota"}})";
  const std::string unknown =
      R"({"gap":{"from":1,"to":2,"readings":null,"reason":"unclean stop"}})";
  const auto report =
      account({message(1, 1, "null"), message(1, 4, "[1,1]", R"(,"replaces":[[1,2],[1,4]])", gap),
               message(2, 3, "[1,4]", R"(,"replaces":[[1,5],[2,3]])", unknown)});
  EXPECT_TRUE(report.explained) << report.text;
  EXPECT_THAT(report.text, HasSubstr("gap marks: 40 readings, quota"));
  EXPECT_THAT(report.text, HasSubstr("nobody knows how many readings, unclean stop"));
}

TEST(Account, DuplicatesAreToldApart) {
  auto report = account({message(1, 1, "null"), message(1, 2, "[1,1]"), message(1, 1, "null")});
  EXPECT_TRUE(report.explained) << report.text;
  EXPECT_THAT(report.text, HasSubstr("again, identical: 1"));
  report = account({message(1, 1, "null"), message(1, 1, "null", R"(,"clock":"unsynchronised")")});
  EXPECT_FALSE(report.explained);
  EXPECT_THAT(report.text, HasSubstr("AGAIN, BUT DIFFERENT: 1/1"));
  EXPECT_THAT(report.text, HasSubstr("1 readings"));  // counted once
}

TEST(Account, OrderHoldsAmongLiveAndAmongHistoricalOnes) {
  const std::string old = R"(,"historical":true)";
  auto report = account({message(1, 1, "null"), message(1, 8, "null"), message(1, 2, "[1,1]", old),
                         message(1, 9, "[1,8]"), message(1, 7, "[1,2]", old)});
  EXPECT_TRUE(report.explained) << report.text;
  report = account({message(1, 1, "null"), message(1, 3, "[1,2]"), message(1, 2, "[1,1]")});
  EXPECT_FALSE(report.explained);
  EXPECT_THAT(report.text, HasSubstr("OUT OF ORDER: 1"));
}

TEST(Account, PartsMakeABatch) {
  const auto part = [](unsigned n, const std::string& value) {
    return message(1, 2, "[1,1]", ",\"part\":[" + std::to_string(n) + ",2]",
                   R"({"ts":1,"signal":"a.b","value":)" + value + "}");
  };
  auto report = account({message(1, 1, "null"), part(1, "1"), part(2, "2"), part(1, "1")});
  EXPECT_TRUE(report.explained) << report.text;
  EXPECT_THAT(report.text, HasSubstr("2 batches, 1/1 to 1/2, 3 readings"));
  report = account({message(1, 1, "null"), part(1, "1")});
  EXPECT_FALSE(report.explained);
  EXPECT_THAT(report.text, HasSubstr("MISSING: parts of 1/2"));
}

TEST(Account, OtherLinesAreNoMessages) {
  for (const std::string line : {"hello", "{", "{\"v\":2}", "{\"v\":1,\"gateway\":7}", "[1,2]",
                                 "{\"v\":1,\"gateway\":\"g\",\"stream\":\"1\"}"}) {
    const auto report = account({line});
    EXPECT_FALSE(report.explained) << line;
    EXPECT_THAT(report.text, HasSubstr("1 LINES ARE NO MESSAGES"));
  }
}

}  // namespace
}  // namespace fieldweir
