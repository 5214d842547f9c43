// What `fieldweir check` says, and with which exit status.
#include "daemon/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "daemon/machine_id.h"
#include "daemon/plan.h"
#include "daemon/schema.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {
namespace {

constexpr const char* good = R"(version: 1
brokers:
  site: {url: "mqtt://127.0.0.1:1883"}
profiles:
  calm: [{median: 5}]
devices:
  - name: demo
    simulate: {interval: 1s}
    signals: [{name: a, profile: calm}, {name: b, profile: calm}]
  - name: rooms
    mqtt: {broker: site, topic: "z/{room}"}
    max_instances: 8
    signals: [{name: "{room}.t", pointer: /t, type: float64}]
windows:
  - {name: w, of: demo.a, tumbling: 1m, emit: [mean]}
uplinks:
  - name: cloud
    https: {url: "http://127.0.0.1:8080/"}
)";

class Check : public testing::Test {
 protected:
  int run(const std::string& text, bool explain = false) {
    std::ofstream(path()) << text;
    return check(path(), explain, out_, err_);
  }
  std::string path() const { return folder_.file("a.yaml"); }

  TempDir folder_;
  std::ostringstream out_, err_;
};

TEST_F(Check, AGoodFileIsOneLine) {
  EXPECT_EQ(run(good), 0);
  EXPECT_EQ(err_.str(), "");
  EXPECT_THAT(out_.str(),
              testing::MatchesRegex(".*a\\.yaml: ok, 2 devices, 10 signals, 1 uplink, memory plan "
                                    "[0-9]+\\.[0-9] MiB of 24\\.0 MiB\n"));
}

TEST_F(Check, SaysHowManyFilesItReadAndWhich) {
  std::ofstream(folder_.file("b.yaml"))
      << "devices:\n  - name: more\n    simulate: {interval: 1s}\n"
         "    signals: [{name: c}]\n";
  EXPECT_EQ(run(std::string(good) + "include: [b*.yaml]\n", true), 0) << err_.str();
  EXPECT_NE(out_.str().find(": ok, 2 files, 3 devices, 11 signals"), std::string::npos)
      << out_.str();
  EXPECT_NE(out_.str().find("files:\n  " + path() + "\n  " + folder_.file("b.yaml") + "\n"),
            std::string::npos)
      << out_.str();
}

TEST_F(Check, ExplainsBusesLossAndMemory) {
  EXPECT_EQ(run(good, true), 0);
  const std::string text = out_.str();
  EXPECT_NE(text.find("rooms (1 signal, at most 8 times)"), std::string::npos) << text;
  EXPECT_NE(text.find("a power cut loses at most the last 3s"), std::string::npos) << text;
  EXPECT_NE(text.find("signal table: "), std::string::npos) << text;
}

TEST_F(Check, AllMistakesAndTheirNumberGoToTheErrors) {
  EXPECT_EQ(run("version: 1\ndevices: []\nlog: {level: loud}\n"), 78);
  EXPECT_EQ(out_.str(), "");
  EXPECT_NE(err_.str().find("a.yaml:2:10: "), std::string::npos);
  EXPECT_NE(err_.str().find("a.yaml:3:14: "), std::string::npos);
  EXPECT_TRUE(err_.str().ends_with("a.yaml: 3 mistakes\n")) << err_.str();
}

TEST_F(Check, AFileThatIsNotThere) {
  EXPECT_EQ(check(folder_.file("none"), false, out_, err_), 78);
  EXPECT_EQ(err_.str(), folder_.file("none") + ": cannot be read: No such file or directory\n" +
                            folder_.file("none") + ": 1 mistake\n");
}

TEST_F(Check, APlanOverTheLimitIsRefusedAndShown) {
  EXPECT_EQ(run(std::string(good) + "limits: {memory: 1MiB}\n"), 78);
  EXPECT_NE(err_.str().find("the memory plan does not fit limits.memory:\n"), std::string::npos);
  EXPECT_NE(err_.str().find(" of 1.0 MiB\n"), std::string::npos);
  EXPECT_EQ(out_.str(), "");
}

TEST(MemoryPlanOfSettings, GrowsWithWhatIsConfigured) {
  const auto total = [](const std::string& text) {
    config::Mistakes mistakes;
    const Settings settings = load_settings_text("a", text, mistakes);
    EXPECT_EQ(mistakes.text(), "");
    return memory_plan(settings).total();
  };
  const std::size_t before = total(good);
  EXPECT_GT(total(std::string(good) + "batch: {rows: 5000}\n"), before);
  EXPECT_GT(total(std::string(good) + "local: {mqtt: {broker: site}}\n"), before);
}

TEST(MemoryPlanOfSettings, HasTheMessageThatSparkplugPublishes) {
  config::Mistakes mistakes;
  const Settings settings = load_settings_text(
      "a",
      "version: 1\nbrokers: {far: {url: \"mqtt://127.0.0.1:1\"}}\n"
      "devices: [{name: tank, simulate: {}, signals: [{name: level}]}]\n"
      "batch: {rows: 700}\n"
      "uplinks: [{name: cloud, format: sparkplug_b, mqtt: {broker: far, group: plant}}]\n",
      mistakes);
  EXPECT_EQ(mistakes.text(), "");
  const MemoryPlan plan = memory_plan(settings);
  const auto term = std::ranges::find(plan.terms(), "uplink cloud: message being published",
                                      &MemoryPlan::Term::what);
  ASSERT_NE(term, plan.terms().end());
  EXPECT_EQ(term->formula, "700 metrics x 1000 B");
}

#if defined(FIELDWEIR_KAFKA) && defined(FIELDWEIR_KINESIS)
TEST(Reference, IsWhatTheDocumentationHas) {
  std::ifstream file(FIELDWEIR_TESTS "/../docs/configuration.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  EXPECT_TRUE(page == configuration_reference())
      << "fieldweir schema --reference > docs/configuration.md";
}
#endif

TEST(MachineId, IsHashedAndSteady) {
  const TempDir folder;
  const std::string id = "0123456789abcdef0123456789abcdef";
  std::ofstream(folder.file("id")) << id << "\n";
  const std::string name = id_of_machine(folder.file("id"));
  EXPECT_THAT(name, testing::MatchesRegex("gateway-[0-9a-f]{12}"));
  EXPECT_EQ(name, id_of_machine(folder.file("id")));
  for (std::size_t i = 0; i + 6 <= id.size(); ++i)
    EXPECT_EQ(name.find(id.substr(i, 6)), std::string::npos);
  std::ofstream(folder.file("other")) << "1123456789abcdef0123456789abcdef\n";
  EXPECT_NE(name, id_of_machine(folder.file("other")));
  std::ofstream(folder.file("none")) << "uninitialized\n";
  EXPECT_EQ(id_of_machine(folder.file("none")), "");
  EXPECT_EQ(id_of_machine(folder.file("absent")), "");
}

}  // namespace
}  // namespace fieldweir
