// The kinesis uplink with its delivery worker against a far side that verifies signatures
// (tests/support/kinesis_sink.py). kinesis.py has one that is not ours.
#include "uplink/kinesis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/uplink_rig.h"

namespace fieldweir {
namespace {

using nlohmann::json;

class KinesisTest : public SinkRig {
 protected:
  KinesisTest() : SinkRig({"boiler.temp", "press.force", "tank.level"}) {
    settings.name = "archive";
    settings.by_device = true;
    KinesisTarget& target = settings.kinesis;
    target.url = *parse_http_url("http://127.0.0.1:" + std::to_string(port) + "/");
    target.timeout = 5 * second;
    target.stream = "plant-7";
    target.region = "eu-central-1";
    target.access = "AKIDEXAMPLE";
    target.secret = "secret";
  }

  void start_sink(const std::vector<std::string>& more = {}) {
    SinkRig::start_sink("kinesis_sink.py", more);
  }
  void start_delivery() { deliver(kinesis_uplink(), settings); }

  /// seq by partition key, in order of arrival, each once; what comes again must be the same.
  SeqsByKey order_by_key() const {
    SeqsByKey order;
    std::map<std::pair<std::string, std::uint64_t>, std::string> seen;
    for (const json& entry : record()) {
      const std::uint64_t seq = json::parse(entry["data"].get<std::string>())["seq"];
      const auto [at, fresh] = seen.emplace(std::pair(entry["key"], seq), entry["data"]);
      EXPECT_EQ(at->second, entry["data"].get<std::string>());
      if (fresh) order[entry["key"]].push_back(seq);
    }
    return order;
  }
  void expect_all(std::uint64_t through) const { SinkRig::expect_all(order_by_key(), through); }

  KinesisSettings settings;
};

TEST_F(KinesisTest, PutsEachDevicesPartSignedAndInOrder) {
  start_sink();
  add(1, 20);
  start_delivery();
  add(21, 40);
  ASSERT_TRUE(delivered_through(40)) << last_error() << sink->output();
  expect_all(40);
  EXPECT_EQ(log.total().delivered, 120u);
  EXPECT_EQ(record().size(), 120u);
  const json body = json::parse(record().at(1)["data"].get<std::string>());
  EXPECT_EQ(body["gateway"], "packing-7");
  EXPECT_EQ(body["part"], json({2, 3}));
}

TEST_F(KinesisTest, NeverPutsTwoRecordsOfAKeyIntoARequest) {
  start_sink();
  add(1, 30);
  start_delivery();
  ASSERT_TRUE(delivered_through(30)) << last_error();
  std::set<std::pair<std::string, int>> seen;
  for (const json& entry : record())
    EXPECT_TRUE(seen.emplace(entry["key"], entry["request"]).second) << entry;
}

TEST_F(KinesisTest, SignsTheSessionTokenToo) {
  settings.kinesis.session_token = "AQoDYXdzEPT//";
  settings.by_device = false;
  start_sink({"--token", "AQoDYXdzEPT//"});
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(delivered_through(3)) << last_error();
  EXPECT_EQ(record().at(0)["key"], "packing-7");
}

TEST_F(KinesisTest, ARefusedRecordIsNotOvertakenAndTheOthersAreNotSentAgain) {
  start_sink();
  order(
      "{\"refuse\": [0]}\n{\"refuse\": [1, 2]}\n{\"refuse\": [0], \"code\": "
      "\"InternalFailure\"}\n");
  add(1, 10);
  start_delivery();
  ASSERT_TRUE(delivered_through(10)) << last_error();
  expect_all(10);
  EXPECT_EQ(record().size(), 30u);
  EXPECT_EQ(delivery->status().failures, 0u);
}

TEST_F(KinesisTest, BacksOffWhenNothingWasTaken) {
  start_sink();
  order(
      "{\"refuse\": [0, 1, 2]}\n{\"status\": 400, \"type\": "
      "\"ProvisionedThroughputExceededException\"}\n");
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  expect_all(5);
  EXPECT_EQ(delivery->status().failures, 2u);
  EXPECT_TRUE(log.dead().empty());
}

TEST_F(KinesisTest, SendsAgainWhenTheAnswerIsLost) {
  start_sink();
  order("{}\n{\"drop\": true}\n");
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  expect_all(5);
  EXPECT_GT(record().size(), 15u);
}

TEST_F(KinesisTest, IsolatesThePoisonedRecord) {
  start_sink();
  const Signals others{"boiler.temp", "press.poison", "tank.level"};
  add(1, 3);
  log.add(others.batch({0xAB, 3, 4},
                       {float64_reading(0, clock.now(), 4), float64_reading(1, clock.now(), 4),
                        float64_reading(2, clock.now(), 4)}));
  add(5, 8);
  start_delivery();
  ASSERT_TRUE(delivered_through(8)) << last_error();
  EXPECT_EQ(log.total().dead_lettered, 1u);
  EXPECT_EQ(log.total().delivered, 23u);
  const auto order = order_by_key();
  EXPECT_EQ(order.at("boiler"), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(order.at("press"), (std::vector<std::uint64_t>{1, 2, 3, 5, 6, 7, 8}));
}

TEST_F(KinesisTest, PausesWithoutDeadLettersWhenRefused) {
  settings.kinesis.secret = "another";
  start_sink();
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(reaches(DeliveryState::paused));
  EXPECT_EQ(delivery->status().last_error.reason, Reason::unauthorised);
  EXPECT_THAT(last_error(), testing::HasSubstr("InvalidSignatureException"));
  EXPECT_TRUE(log.dead().empty());
  EXPECT_TRUE(record().empty());
}

TEST_F(KinesisTest, PausesWhereThereIsNoSuchStream) {
  start_sink();
  order("{\"type\": \"ResourceNotFoundException\"}\n");
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(reaches(DeliveryState::paused));
  EXPECT_THAT(last_error(), testing::HasSubstr("ResourceNotFoundException: no"));
}

TEST_F(KinesisTest, SignsWithTheFarSidesTimeWhenTheClockIsWrong) {
  start_sink({"--ahead", "90000"});
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  expect_all(5);
  EXPECT_EQ(delivery->status().failures, 0u);
}

TEST_F(KinesisTest, SurvivesASinkThatIsKilledAndReturns) {
  start_sink();
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5));
  sink.reset();
  add(6, 10);
  ASSERT_TRUE(eventually([&] { return delivery->status().failures >= 1; }));
  start_sink();
  ASSERT_TRUE(delivered_through(10));
  expect_all(10);
}

}  // namespace
}  // namespace fieldweir
