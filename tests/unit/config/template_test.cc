#include "config/template.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "config/load.h"
#include "tests/support/temp_dir.h"

namespace fieldweir::config {
namespace {

/// The tree as a line: maps {a: 1, b: 2}, lists [1, 2].
std::string line(const Node& node) {
  if (node.type == Node::Type::scalar) return node.scalar;
  std::string text;
  for (const Node& item : node.items) text += (text.empty() ? "" : ", ") + line(item);
  if (node.type == Node::Type::list) return "[" + text + "]";
  for (const Node::Entry& entry : node.entries)
    text += (text.empty() ? "" : ", ") + entry.key + ": " + line(entry.value);
  return "{" + text + "}";
}

class TemplateTest : public testing::Test {
 protected:
  void write(const std::string& folder, const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_.file(folder) + "/" + name + ".yaml";
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  /// The completed device, or the mistakes.
  std::string complete(const std::string& device) {
    Mistakes mistakes;
    Templates templates({folder_.file("site"), folder_.file("shipped")},
                        {"name", "template", "tcp"});
    Node node = load_text("gateway.yaml", device, mistakes);
    templates.complete(node, mistakes);
    EXPECT_EQ(node.mistaken, !mistakes.empty() && node.find("signals") == nullptr);
    return mistakes.empty() ? line(node) : mistakes.text();
  }
  bool says(const std::string& device, const std::string& what) {
    const std::string text = complete(device);
    return text.find(what) != std::string::npos ? true : (ADD_FAILURE() << text, false);
  }

  TempDir folder_;
};

const std::string head = "title: Press\nsource: manual 1\n";

TEST_F(TemplateTest, TheDeviceWins) {
  write("shipped", "acme/press",
        head +
            "gap: 1\nread: 2\npoll: {fast: 1s, slow: 1m}\nsignals: [{name: a, table: x, poll: "
            "fast}, {name: b, table: y}]\nlist: [1, 2]\n");
  EXPECT_EQ(complete("template: acme/press\ngap: 9\npoll: {slow: 5m, own: 2s}\nlist: [3]\n"
                     "signals: [{name: c}, {name: a, poll: own, unit: V}]\n"),
            "{gap: 9, read: 2, poll: {fast: 1s, slow: 5m, own: 2s}, signals: [{name: a, table: x, "
            "poll: own, unit: V}, {name: b, table: y}, {name: c}], list: [3], template: "
            "acme/press}");
  EXPECT_EQ(complete("gap: 9\n"), "{gap: 9}");
}

TEST_F(TemplateTest, ANameThatTheDeviceSaysTwiceStaysTwice) {
  write("shipped", "acme/press", head + "signals: [{name: a}]\n");
  EXPECT_EQ(complete("template: acme/press\nsignals: [{name: a, x: 1}, {name: a, x: 2}]\n"),
            "{signals: [{name: a, x: 1}, {name: a, x: 2}], template: acme/press}");
}

TEST_F(TemplateTest, TheFirstFolderWins) {
  write("shipped", "acme/press", head + "gap: 1\n");
  write("site", "acme/press", head + "gap: 2\n");
  EXPECT_EQ(complete("template: acme/press\n"), "{gap: 2, template: acme/press}");
}

TEST_F(TemplateTest, PlacesStayWhereTheyWere) {
  write("shipped", "acme/press", head + "signals:\n  - {name: a}\n");
  Mistakes mistakes;
  Templates templates({folder_.file("shipped")}, {});
  Node device = load_text("gateway.yaml", "template: acme/press\ngap: 1\n", mistakes);
  templates.complete(device, mistakes);
  EXPECT_EQ(mistakes.where(device.find("signals")->items[0].place),
            folder_.file("shipped") + "/acme/press.yaml:4:5");
  EXPECT_EQ(mistakes.where(device.find("gap")->place), "gateway.yaml:2:6");
}

TEST_F(TemplateTest, WhatIsNotThereIsNamed) {
  write("shipped", "acme/press", head + "gap: 1\n");
  EXPECT_TRUE(
      says("template: acme/pres\n", "1:11: no template 'acme/pres' (did you mean 'acme/press'?)"));
  EXPECT_TRUE(
      says("template: other/thing\n", "no template 'other/thing' in " + folder_.file("site")));
}

TEST_F(TemplateTest, NamesStayInTheFolder) {
  write("", "secret", head);
  for (const char* name :
       {"../secret", "a/../secret", "acme", "/etc/passwd", "a/b/c", "./secret", "acme/.x", "[a]"})
    EXPECT_TRUE(says("template: " + std::string(name) + "\n", "expected"));
}

TEST_F(TemplateTest, ATemplateNamesItsSourceAndNoConnection) {
  write("shipped", "a/b", "title: x\ngap: 1\ntcp: {host: h}\n");
  const std::string text = complete("template: a/b\nsignals: []\n");
  EXPECT_NE(text.find("a/b.yaml:1:1: a template needs 'source'"), std::string::npos) << text;
  EXPECT_NE(text.find("a/b.yaml:3:1: 'tcp' belongs to a device"), std::string::npos) << text;
}

TEST_F(TemplateTest, AFileThatIsNoMapIsTold) {
  write("shipped", "a/empty", "");
  write("shipped", "a/list", "- 1\n");
  write("shipped", "a/broken", "a: {\n");
  EXPECT_TRUE(says("template: a/empty\n", "template 'a/empty' is an empty file: "));
  EXPECT_TRUE(says("template: a/list\n", "a/list.yaml:1:1: expected a template"));
  EXPECT_TRUE(says("template: a/broken\n", "a/broken.yaml:"));
}

TEST_F(TemplateTest, MistakesOfATemplateAreToldOnce) {
  write("shipped", "a/b", "title: x\n");
  Mistakes mistakes;
  Templates templates({folder_.file("shipped")}, {});
  Node devices = load_text("gateway.yaml", "- template: a/b\n- template: a/b\n", mistakes);
  for (Node& device : devices.items) templates.complete(device, mistakes);
  EXPECT_EQ(mistakes.count(), 1u) << mistakes.text();
}

}  // namespace
}  // namespace fieldweir::config
