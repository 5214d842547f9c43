// The kafka uplink with its delivery worker against librdkafka's mock cluster in a process of its
// own; what arrived is read by kcat.
#include "uplink/kafka.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <sstream>

#include "tests/support/uplink_rig.h"

namespace fieldweir {
namespace {

using nlohmann::json;

constexpr int not_leader = 6, request_timed_out = 7, too_large = 10, topic_unauthorised = 29;

struct Record {
  std::string partition, key, headers;
  json body;
};

class KafkaTest : public UplinkRig {
 protected:
  KafkaTest() : UplinkRig({"boiler.temp", "press.force", "tank.level"}) {
    settings.name = "stream";
    settings.kafka.topic = "plant-7";
    settings.kafka.security = KafkaTarget::Security::plaintext;
    settings.by_device = true;
    mkfifo(folder.file("orders").c_str(), 0600);
    orders = open(folder.file("orders").c_str(), O_RDWR | O_CLOEXEC);
    cluster.emplace(
        std::vector<std::string>{KAFKA_CLUSTER, "2", "plant-7", "4", folder.file("orders")},
        folder.file("cluster.out"));
    EXPECT_TRUE(eventually([this] { return lines(cluster->output()).size() >= 1; }));
    bootstraps = lines(cluster->output()).at(0);
    settings.kafka.brokers = {bootstraps};
  }
  ~KafkaTest() override { close(orders); }

  static std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> found;
    std::istringstream from(text);
    for (std::string line; std::getline(from, line);) found.push_back(line);
    return found;
  }
  void order(const std::string& line) {
    const std::size_t before = lines(cluster->output()).size();
    const std::string whole = line + "\n";
    ASSERT_EQ(write(orders, whole.data(), whole.size()), static_cast<ssize_t>(whole.size()));
    ASSERT_TRUE(eventually([&] { return lines(cluster->output()).size() > before; }));
  }

  void start_delivery() { deliver(kafka_uplink(), settings); }

  /// Everything in the topic, a partition after the other, each in its order.
  std::vector<Record> taken() {
    const std::string to = folder.file("taken");
    unlink(to.c_str());
    Process kcat({"kcat", "-C", "-q", "-e", "-b", bootstraps, "-t", "plant-7", "-o", "beginning",
                  "-f", "%p|%k|%h|%s\\n"},
                 to);
    EXPECT_EQ(kcat.wait(), 0);
    std::vector<Record> records;
    for (const std::string& line : lines(kcat.output())) {
      std::istringstream from(line);
      Record record;
      std::getline(from, record.partition, '|');
      std::getline(from, record.key, '|');
      std::getline(from, record.headers, '|');
      std::string body;
      std::getline(from, body);
      record.body = json::parse(body);
      records.push_back(record);
    }
    return records;
  }

  /// seq by key, in order of arrival; each once. What comes again must be the same.
  SeqsByKey order_by_key() {
    SeqsByKey order;
    std::map<std::string, std::string> seen;
    for (const Record& record : taken()) {
      const auto [at, fresh] = seen.emplace(record.headers, record.body.dump());
      EXPECT_EQ(at->second, record.body.dump());
      if (fresh) order[record.key].push_back(record.body["seq"]);
    }
    return order;
  }
  void expect_all(std::uint64_t through) { UplinkRig::expect_all(order_by_key(), through); }

  KafkaSettings settings;
  int orders = -1;
  std::string bootstraps;
  std::optional<Process> cluster;
};

TEST_F(KafkaTest, DeliversEachDevicesPartInOrderWithIdentity) {
  add(1, 30);
  start_delivery();
  add(31, 60);
  ASSERT_TRUE(delivered_through(60)) << last_error();
  expect_all(60);
  EXPECT_EQ(log.total().delivered, 180u);
  std::map<std::string, std::set<std::string>> partitions;
  for (const Record& record : taken()) {
    partitions[record.key].insert(record.partition);
    ASSERT_EQ(record.body["readings"].size(), 1u);
    EXPECT_TRUE(record.body["readings"][0]["signal"].get<std::string>().starts_with(record.key));
    if (record.body["seq"] != 7 || record.key != "press") continue;
    EXPECT_EQ(record.headers,
              "idempotency-key=packing-7/000000ab/3/telemetry/7/2/3,content-type=application/json");
    EXPECT_EQ(record.body["part"], json({2, 3}));
    EXPECT_EQ(record.body["prev"], json({3, 6}));
  }
  for (const auto& [key, each] : partitions) EXPECT_EQ(each.size(), 1u) << key;
}

TEST_F(KafkaTest, AWholeBatchIsOneRecordOfTheGateway) {
  settings.by_device = false;
  settings.compress = "zstd";
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  const auto records = taken();
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(records[0].key, "packing-7");
  EXPECT_EQ(records[0].body["readings"].size(), 3u);
  EXPECT_THAT(records[0].headers, testing::HasSubstr("packing-7/000000ab/3/telemetry/1,"));
}

TEST_F(KafkaTest, PassingErrorsCostNothing) {
  // one record at a time: the mock takes the second of two records whose first it has refused,
  // which a broker never does for an idempotent producer, and librdkafka relies on that
  settings.by_device = false;
  start_delivery();
  std::uint64_t seq = 0;
  for (const int code : {not_leader, request_timed_out}) {
    order("refuse " + std::to_string(code) + " 3");
    ++seq;
    add(seq, seq);
    ASSERT_TRUE(delivered_through(seq)) << last_error();
  }
  const auto order = order_by_key();
  EXPECT_EQ(order.at("packing-7"), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(log.dead().empty());
}

TEST_F(KafkaTest, PutsPoisonAsideAndGoesOn) {
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  // the batch, and then its first half, which is one reading
  order("refuse " + std::to_string(too_large) + " 2");
  add(6, 6);
  ASSERT_TRUE(delivered_through(6)) << last_error();
  add(7, 20);
  ASSERT_TRUE(delivered_through(20)) << last_error();
  ASSERT_EQ(log.dead().size(), 1u);
  EXPECT_EQ(log.total().dead_lettered, 1u);
  EXPECT_EQ(log.total().delivered, 59u);
}

TEST_F(KafkaTest, PausesWhenItMayNotWrite) {
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  order("refuse " + std::to_string(topic_unauthorised) + " 1");
  add(6, 10);
  ASSERT_TRUE(reaches(DeliveryState::paused)) << last_error();
  EXPECT_TRUE(log.dead().empty());
  EXPECT_LT(log.acknowledged().seq, 10u);
}

TEST_F(KafkaTest, SurvivesBrokersThatGoAndReturn) {
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  order("down");
  add(6, 40);
  ASSERT_TRUE(reaches(DeliveryState::backing_off));
  EXPECT_EQ(delivery->status().last_error.reason, Reason::unreachable) << last_error();
  order("up");
  ASSERT_TRUE(delivered_through(40)) << last_error();
  expect_all(40);
}

TEST_F(KafkaTest, SurvivesAFrozenCluster) {
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  cluster->signal(SIGSTOP);
  add(6, 40);
  ASSERT_TRUE(eventually([&] { return delivery->status().in_flight > 3; }));
  delivery->doorbell().ring();
  cluster->signal(SIGCONT);
  ASSERT_TRUE(delivered_through(40)) << last_error();
  expect_all(40);
}

TEST_F(KafkaTest, EndsSoonWhenTheClusterIsFrozen) {
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  cluster->signal(SIGSTOP);
  add(6, 10);
  ASSERT_TRUE(eventually([&] { return delivery->status().in_flight > 3; }));
  const Time before = clock.now();
  stop.request();
  thread->request_stop();
  ASSERT_TRUE(eventually([&] { return thread->ended(); }));
  EXPECT_LE(clock.now() - before, second);
  thread.reset();
  delivery.reset();
  EXPECT_LE(clock.now() - before, 3 * second);  // the library's threads as well
}

}  // namespace
}  // namespace fieldweir
