#include "config/include.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "config/load.h"
#include "tests/support/temp_dir.h"

namespace fieldweir::config {
namespace {

class IncludeTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_.file(name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  /// The scalars of the list `devices`, in order, or the mistakes without the folder's name.
  std::string devices(const std::string& include) {
    write("a.yaml", "include: " + include + "\ndevices: [own]\n");
    Mistakes mistakes;
    root_ = load_file(folder_.file("a.yaml"), mistakes);
    files_.clear();
    static constexpr std::array<std::string_view, 1> named = {"brokers"};
    whole_ = include_files(root_, folder_.file("a.yaml"), named, files_, mistakes);
    std::string text = mistakes.text();
    const std::string place = folder_.path().string() + "/";
    for (std::size_t at = 0; (at = text.find(place, at)) != std::string::npos;)
      text.erase(at, place.size());
    if (mistakes.empty())
      for (const Node& item : root_.find("devices")->items) text += item.scalar + " ";
    return text;
  }
  bool says(const std::string& include, const std::string& what) {
    const std::string text = devices(include);
    return text.find(what) != std::string::npos ? true : (ADD_FAILURE() << text, false);
  }

  TempDir folder_;
  Node root_;
  std::vector<std::string> files_;
  bool whole_ = false;
};

TEST_F(IncludeTest, ListsGoOnInTheOrderOfPathsAndNames) {
  write("conf.d/b.yaml", "devices: [b]\n");
  write("conf.d/a.yaml", "devices: [a]\n");
  write("conf.d/C.yaml", "devices: [C]\n");
  write("first.yaml", "devices: [first]\n");
  EXPECT_EQ(devices("[first.yaml, conf.d/*.yaml]"), "own first C a b ");
  EXPECT_TRUE(whole_);
  ASSERT_EQ(files_.size(), 4u);
  EXPECT_EQ(files_[1], folder_.file("conf.d/C.yaml"));
  EXPECT_EQ(devices("[" + folder_.file("conf.d/a.yaml") + "]"), "own a ");
}

TEST_F(IncludeTest, NothingToIncludeIsNoMistake) {
  std::filesystem::create_directories(folder_.file("conf.d"));
  write("conf.d/.a.yaml.swp", "devices: [swapped]\n");
  write("conf.d/.#a.yaml", "devices: [locked]\n");
  write("conf.d/a.yaml~", "devices: [before]\n");
  write("conf.d/empty.yaml", "");
  EXPECT_EQ(devices("[conf.d/*.yaml, none/*.yaml]"), "own ");
  EXPECT_EQ(files_.size(), 1u);
}

TEST_F(IncludeTest, SectionsOfNamesAreJoinedOthersStandOnce) {
  write("b.yaml", "brokers: {b: 1}\nbuffer: {x: 1}\n");
  write("c.yaml", "brokers: {c: 1}\n");
  EXPECT_EQ(devices("[b.yaml, c.yaml]"), "own ");
  EXPECT_EQ(root_.find("brokers")->entries.size(), 2u);
  write("c.yaml", "brokers: {c: 1}\nbuffer: {x: 2}\n");
  EXPECT_TRUE(
      says("[b.yaml, c.yaml]", "c.yaml:2:1: 'buffer' stands here twice, first at b.yaml:2:1"));
  EXPECT_TRUE(whole_);  // so that other mistakes are told, too
}

TEST_F(IncludeTest, SecretsAreBesideTheFileThatIncludes) {
  write("conf.d/a.yaml", "devices: [\"${secret:word}\"]\n");
  write("secrets/word", "hunter2\n");
  chmod(folder_.file("secrets/word").c_str(), 0600);
  EXPECT_EQ(devices("conf.d/*.yaml"), "own hunter2 ");
}

TEST_F(IncludeTest, WhatIsNoFileIsRefusedAndKeepsNobodyWaiting) {
  mkfifo(folder_.file("pipe.yaml").c_str(), 0600);
  EXPECT_TRUE(says("pipe.yaml", "a.yaml:1:10: pipe.yaml is no file"));
  EXPECT_FALSE(whole_);
  std::filesystem::create_symlink("nowhere", folder_.file("dangling.yaml"));
  EXPECT_TRUE(says("dang*.yaml", "dangling.yaml cannot be read: No such file or directory"));
  std::filesystem::create_symlink("loop.yaml", folder_.file("loop.yaml"));
  EXPECT_TRUE(says("loop.yaml", "loop.yaml cannot be read: Too many levels of symbolic links"));
  EXPECT_TRUE(says("loop.yaml/*", "loop.yaml cannot be read: Too many levels of symbolic links"));
  EXPECT_TRUE(says("pipe.yaml/*.yaml", "pipe.yaml cannot be read: Not a directory"));
  EXPECT_TRUE(says("'*.yaml'", "a.yaml includes itself"));
}

TEST_F(IncludeTest, AFileThatMayNotBeReadIsAMistake) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  write("conf.d/a.yaml", "devices: [a]\n");
  chmod(folder_.file("conf.d/a.yaml").c_str(), 0);
  EXPECT_TRUE(says("conf.d/*.yaml", "conf.d/a.yaml cannot be read: Permission denied"));
  chmod(folder_.file("conf.d").c_str(), 0);
  EXPECT_TRUE(says("conf.d/*.yaml", "conf.d cannot be read: Permission denied"));
  chmod(folder_.file("conf.d").c_str(), 0700);
}

TEST_F(IncludeTest, AHundredFilesAtMost) {
  for (int i = 0; i < 100; ++i) write("conf.d/" + std::to_string(i) + ".yaml", "devices: [x]\n");
  devices("conf.d/*.yaml");
  EXPECT_TRUE(whole_);
  write("conf.d/one-more.yaml", "devices: [x]\n");
  EXPECT_TRUE(says("conf.d/*.yaml", "more than 100 files are included"));
  EXPECT_FALSE(whole_);
}

}  // namespace
}  // namespace fieldweir::config
