// Cases: each folder holds a config.yaml and, unless the file is good, in expected.txt exactly what
// a user is told about it who stands in that folder. A fixed bug leaves a folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "daemon/settings.h"

namespace fieldweir {
namespace {

const std::filesystem::path root = std::filesystem::path(FIELDWEIR_TESTS) / "cases";

std::vector<std::string> folders() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(root))
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Case : public testing::TestWithParam<std::string> {};

TEST_P(Case, IsToldAsExpected) {
  setenv("CASE_SECRET", "hunter2", 1);
  unsetenv("CASE_UNSET");
  const std::filesystem::path folder = root / GetParam();
  std::filesystem::current_path(folder);
  config::Mistakes mistakes;
  load_settings_text("config.yaml", content(folder / "config.yaml"), mistakes);
  if (mistakes.text().find("is not available in this build") != std::string::npos)
    GTEST_SKIP() << "built without what this case is about";
  EXPECT_EQ(mistakes.text(), content(folder / "expected.txt"));
  EXPECT_EQ(mistakes.text().find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Folders, Case, testing::ValuesIn(folders()),
                         [](const auto& folder) { return folder.param; });

}  // namespace
}  // namespace fieldweir
