#include "uplink/kafka.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "config/load.h"
#include "uplink/kafka_error.h"

namespace fieldweir {
namespace {

struct Loaded {
  std::unique_ptr<UplinkSettings> settings;
  std::string mistakes;
  std::map<std::string, std::string> options() const {
    const auto all = kafka_options(static_cast<const KafkaSettings&>(*settings), "packing-7");
    return {all.begin(), all.end()};
  }
};

Loaded load(const std::string& kafka, const std::string& more = "") {
  config::Mistakes mistakes;
  const config::Node node =
      config::load_text("test.yaml", "name: stream\nkafka: {" + kafka + "}\n" + more, mistakes);
  auto settings = kafka_uplink().read(node, mistakes);
  return {std::move(settings), mistakes.empty() ? "" : mistakes.text()};
}

TEST(KafkaSettings, AreVerifiedTlsUnlessToldOtherwise) {
  const Loaded loaded = load("brokers: ['a:9093', b], topic: plant-7");
  ASSERT_TRUE(loaded.settings) << loaded.mistakes;
  EXPECT_FALSE(loaded.settings->by_device);
  auto options = loaded.options();
  EXPECT_EQ(options["bootstrap.servers"], "a:9093,b");
  EXPECT_EQ(options["client.id"], "packing-7-uplink-stream");
  EXPECT_EQ(options["security.protocol"], "ssl");
  EXPECT_EQ(options["ssl.endpoint.identification.algorithm"], "https");
  EXPECT_EQ(options["enable.idempotence"], "true");
  EXPECT_FALSE(options.contains("sasl.username"));
}

TEST(KafkaSettings, SaslIsOverTls) {
  const Loaded loaded =
      load("brokers: [a], topic: t, security: sasl, username: me, password: p, mechanism: PLAIN",
           "partition_by: device\ncompress: zstd\n");
  ASSERT_TRUE(loaded.settings) << loaded.mistakes;
  EXPECT_TRUE(loaded.settings->by_device);
  auto options = loaded.options();
  EXPECT_EQ(options["security.protocol"], "sasl_ssl");
  EXPECT_EQ(options["sasl.mechanism"], "PLAIN");
  EXPECT_EQ(options["sasl.username"], "me");
  EXPECT_EQ(options["sasl.password"], "p");
  EXPECT_EQ(options["compression.type"], "zstd");
}

TEST(KafkaSettings, MistakesAreNamed) {
  const auto expect = [](const std::string& kafka, const std::string& told) {
    EXPECT_THAT(load(kafka).mistakes, testing::HasSubstr(told)) << kafka;
  };
  expect("brokers: ['kafka://a:9093'], topic: t", "expected a list of host:port");
  expect("brokers: [], topic: t", "expected a list of host:port");
  expect("brokers: [a], topic: 'no spaces'", "expected a Kafka topic");
  expect("brokers: [a], topic: t, security: sasl", "needs 'username' and 'password'");
  expect("brokers: [a], topic: t, username: me", "need 'security: sasl'");
  expect("brokers: [a], topic: t, cert: /c.pem", "'cert' and 'key' belong together");
  expect("brokers: [a], topic: t, security: none", "plaintext");
}

TEST(KafkaError, IsJudged) {
  const std::pair<Verdict, std::vector<rd_kafka_resp_err_t>> table[] = {
      {Verdict::ok, {RD_KAFKA_RESP_ERR_NO_ERROR}},
      {Verdict::poison,
       {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
        RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, RD_KAFKA_RESP_ERR_INVALID_RECORD,
        RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP}},
      {Verdict::pause,
       {RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
        RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
        RD_KAFKA_RESP_ERR_SECURITY_DISABLED, RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE}},
      {Verdict::retry,
       {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
        RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__TIMED_OUT,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_UNKNOWN}},
  };
  for (const auto& [verdict, codes] : table)
    for (const auto code : codes) EXPECT_EQ(meaning_of(code).verdict, verdict) << code;
}

}  // namespace
}  // namespace fieldweir
