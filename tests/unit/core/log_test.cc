#include "core/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace fieldweir {
namespace {

using ::testing::MatchesRegex;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != text.npos; at = end + 1)
    lines.push_back(text.substr(at, end - at));
  return lines;
}

TEST(Log, ALineHasTimeLevelAndWhoSpeaks) {
  testing::internal::CaptureStderr();
  log(LogLevel::warning, "bus boiler", "%d of %s", 3, "many");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}[+-]"
                           "[0-9]{2}:[0-9]{2} warning bus boiler: 3 of many\n"));
}

TEST(Log, WhatIsBelowTheLevelIsDiscarded) {
  testing::internal::CaptureStderr();
  log(LogLevel::debug, "test", "unseen");
  set_log_level(LogLevel::error);
  log(LogLevel::warning, "test", "unseen");
  log(LogLevel::error, "test", "seen");
  set_log_level(LogLevel::info);
  EXPECT_EQ(lines_of(testing::internal::GetCapturedStderr()).size(), 1u);
}

TEST(Log, ALongLineIsCutAndStillEnds) {
  testing::internal::CaptureStderr();
  log(LogLevel::info, std::string(600, 'p'), "unseen");
  log(LogLevel::info, "test", "%s", std::string(600, 'x').c_str());
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.size(), 2 * 512u);
  EXPECT_EQ(lines_of(text).size(), 2u);
}

TEST(Log, LinesOfSeveralThreadsDoNotMix) {
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (const char letter : {'a', 'b', 'c', 'd'})
      threads.emplace_back([letter] {
        const std::string text(40, letter);
        for (int i = 0; i < 5000; ++i) log(LogLevel::info, "test", "%s.", text.c_str());
      });
  }
  const std::vector<std::string> lines = lines_of(testing::internal::GetCapturedStderr());
  EXPECT_EQ(lines.size(), 20000u);
  for (const std::string& line : lines) {
    const std::size_t begin = line.find("test: ") + 6;
    ASSERT_EQ(line.substr(begin), std::string(40, line[begin]) + ".");
  }
}

}  // namespace
}  // namespace fieldweir
