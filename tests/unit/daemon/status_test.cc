// What the status says of a small gateway whose workers the test turns itself, without threads.
#include "daemon/status.h"

#include "daemon/gateway.h"
#include "daemon/json.h"
#include "rig.h"
#include "tests/support/fake_clock.h"

namespace fieldweir {
namespace {

constexpr const char* small = R"(
profiles:
  calm: [{range: {min: 0, max: 10}}]
devices:
  - name: tank
    simulate: {interval: 1s}
    signals:
      - {name: level, wave: constant, mean: 7.5, unit: m}
      - {name: wild, wave: constant, mean: 99, profile: calm}
uplinks:
  - {name: cloud, https: {url: "https://cloud.example.com/"}}
)";

class StatusTest : public testing::Test {
 protected:
  StatusTest() {
    lead_to(far, settings);
    gateway.emplace(settings, clock, Random(1));
  }
  void run(Duration duration) {
    for (const Time end = clock.now() + duration; clock.now() < end;
         clock.advance(100 * millisecond))
      for (int round = 0; round < 3; ++round)
        for (Worker* worker : gateway->workers())
          if (worker->name() != "resolver") worker->turn(clock.now());
  }
  Json json() const { return Json::parse(status_json(*gateway)); }

  TempDir folder{TempDir::in_memory};
  Settings settings = settings_of(folder, small);
  FakeClock clock;
  FarEnd far;
  std::optional<Gateway> gateway;
};

TEST_F(StatusTest, BeforeAnythingRanNothingIsClaimed) {
  const Json status = json();
  EXPECT_EQ(status["devices"][0]["state"], "connecting");
  EXPECT_TRUE(status["devices"][0]["last_good"].is_null());
  EXPECT_FALSE(status["signals"][0].contains("value"));
  EXPECT_EQ(status["uplinks"][0]["state"], "idle");
  EXPECT_EQ(status["ledger"]["sampled"], 0);
  EXPECT_NE(status_text(status_json(*gateway)).find("tank.level"), std::string::npos);
}

TEST_F(StatusTest, SaysWhereEveryReadingWent) {
  run(10 * second);
  const Json status = json();
  EXPECT_EQ(status["gateway"], "test");
  EXPECT_DOUBLE_EQ(status["uptime_s"].get<double>(), 10);
  EXPECT_EQ(status["devices"][0]["state"], "online");
  EXPECT_EQ(status["signals"][0]["name"], "tank.level");
  EXPECT_EQ(status["signals"][0]["value"], 7.5);
  EXPECT_EQ(status["signals"][0]["unit"], "m");
  EXPECT_EQ(status["signals"][0]["quality"], "good");
  EXPECT_FALSE(status["signals"][0].contains("reason"));
  EXPECT_FALSE(status["signals"][1].contains("value"));  // nothing passed its filter

  const Json& ledger = status["ledger"];
  const auto count = [](const Json& number) { return number.get<std::uint64_t>(); };
  EXPECT_GE(count(ledger["sampled"]), 20u);
  EXPECT_GE(count(ledger["filtered"]), 10u);
  EXPECT_EQ(ledger["filtered"], status["filtered"]["range"]);
  EXPECT_EQ(count(ledger["sampled"]) + count(ledger["derived"]),
            count(ledger["filtered"]) + count(ledger["lost"]) + count(ledger["batched"]) +
                count(ledger["under_way"]));
  const Json& cloud = ledger["uplinks"][0];
  EXPECT_GT(count(cloud["delivered"]), 5u);
  EXPECT_EQ(cloud["batched"], ledger["batched"]);
  EXPECT_EQ(count(cloud["batched"]), count(cloud["delivered"]) + count(cloud["queued"]));
  EXPECT_EQ(status["memory"]["limit"], settings.limits.memory);
}

TEST_F(StatusTest, ShowsWhatADestinationOwesUs) {
  far.mood = FarEnd::silent;
  run(5 * second);
  const Json status = json();
  EXPECT_EQ(status["uplinks"][0]["queued"], status["ledger"]["uplinks"][0]["queued"]);
  EXPECT_GT(status["uplinks"][0]["queued"], 0);
  EXPECT_EQ(status["ledger"]["uplinks"][0]["delivered"], 0);
  EXPECT_NE(status_line(*gateway).find("1 of 1 devices online; uplink cloud connecting, "),
            std::string::npos)
      << status_line(*gateway);
}

TEST_F(StatusTest, TheLastErrorStaysAndSaysWhenItWas) {
  far.mood = FarEnd::busy;
  run(3 * second);
  const std::string_view waits = "    nothing is sent until 2026-01-01 00:0";
  EXPECT_NE(status_text(status_json(*gateway)).find(waits), std::string::npos);
  far.mood = FarEnd::takes_all;
  run(2 * minute);
  const std::string text = status_text(status_json(*gateway));
  EXPECT_NE(text.find("cloud                connected "), std::string::npos) << text;
  const std::size_t time = text.find("  2026-01-01 00:0");
  ASSERT_NE(time, std::string::npos) << text;
  EXPECT_EQ(text.substr(time + 21, 10), " UTC: busy") << text;
  EXPECT_EQ(text.find(waits), std::string::npos) << text;
}

TEST_F(StatusTest, IsTheSameForPeople) {
  run(3 * second);
  const std::string text = status_text(status_json(*gateway));
  EXPECT_NE(text.find("gateway test, fieldweir "), std::string::npos);
  EXPECT_NE(text.find("tank.level                                          7.5 m        good\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("cloud                connected "), std::string::npos) << text;
  EXPECT_EQ(text.find("PROBLEM"), std::string::npos);
}

TEST_F(StatusTest, TheLedgerIsExactOnceTheGatewayIsAtRest) {
  run(5 * second);
  gateway->finish_pipeline();
  ASSERT_TRUE(gateway->finish_log());
  EXPECT_EQ(json()["ledger"]["under_way"], 0);
  EXPECT_TRUE(gateway->log().uplink_totals(0).balanced());
  const std::string line = ledger_line(*gateway);
  EXPECT_TRUE(line.starts_with("ledger sampled=")) << line;
  EXPECT_NE(line.find(" lost=0 batched="), std::string::npos) << line;
  EXPECT_NE(line.find("; uplink cloud delivered="), std::string::npos) << line;
}

}  // namespace
}  // namespace fieldweir
