#include "uplink/kinesis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "core/random.h"
#include "uplink/http_post.h"
#include "uplink/kinesis_body.h"
#include "uplink/kinesis_error.h"

namespace fieldweir {
namespace {

using testing::HasSubstr;

struct Loaded {
  std::unique_ptr<UplinkSettings> settings;
  std::string mistakes;
  const KinesisTarget& target() const {
    return static_cast<const KinesisSettings&>(*settings).kinesis;
  }
};

Loaded load(const std::string& kinesis, const std::string& more = "") {
  config::Mistakes mistakes;
  const config::Node node = config::load_text(
      "test.yaml", "name: archive\nkinesis: {" + kinesis + "}\n" + more, mistakes);
  auto settings = kinesis_uplink().read(node, mistakes);
  return {std::move(settings), mistakes.empty() ? "" : mistakes.text()};
}

const std::string keys = ", access_key: AKID, secret_key: s/+x";

TEST(KinesisSettings, NeedStreamRegionAndKeys) {
  const Loaded loaded = load("stream: plant-7, region: eu-central-1" + keys);
  ASSERT_TRUE(loaded.settings) << loaded.mistakes;
  EXPECT_EQ(loaded.target().url.host, "kinesis.eu-central-1.amazonaws.com");
  EXPECT_TRUE(loaded.target().url.tls);
  EXPECT_EQ(loaded.target().url.host_header(), "kinesis.eu-central-1.amazonaws.com");
  EXPECT_FALSE(loaded.settings->by_device);
  EXPECT_TRUE(loaded.target().session_token.empty());
}

TEST(KinesisSettings, TakeAnEndpointATokenAndPartitions) {
  const Loaded loaded = load(
      "stream: s, region: cn-north-1, session_token: abc==, endpoint: 'http://127.0.0.1:4567'" +
          keys,
      "partition_by: device\n");
  ASSERT_TRUE(loaded.settings) << loaded.mistakes;
  EXPECT_EQ(loaded.target().url.host_header(), "127.0.0.1:4567");
  EXPECT_EQ(loaded.target().session_token, "abc==");
  EXPECT_TRUE(loaded.settings->by_device);
  EXPECT_EQ(load("stream: s, region: cn-north-1" + keys).target().url.host,
            "kinesis.cn-north-1.amazonaws.com.cn");
}

TEST(KinesisSettings, MistakesAreNamed) {
  const std::string good = "stream: s, region: eu-central-1";
  EXPECT_THAT(load(good).mistakes, HasSubstr("needs 'access_key'"));
  EXPECT_THAT(load("stream: 'a/b', region: r1" + keys).mistakes, HasSubstr("a stream's name"));
  EXPECT_THAT(load("stream: s, region: 'eu central'" + keys).mistakes, HasSubstr("eu-central-1"));
  EXPECT_THAT(load(good + ", access_key: 'a b', secret_key: c").mistakes, HasSubstr("key of AWS"));
  EXPECT_THAT(load(good + keys + ", endpoint: 'https://x/path'").mistakes, HasSubstr("a path"));
  EXPECT_THAT(load(good + keys + ", endpoint: 'http://example.com'").mistakes,
              HasSubstr("insecure: true"));
  EXPECT_THAT(load(good + ", access_key: '', secret_key: c").mistakes, HasSubstr("key of AWS"));
}

TEST(KinesisBody, IsPutRecordsWithBase64) {
  std::string body;
  begin_put_records("plant-7", body);
  for (const std::string_view data : {"f", "fo", "foo", "foob"}) add_record(data, "a\"b", body);
  end_put_records(body);
  EXPECT_EQ(body, R"({"StreamName":"plant-7","Records":[{"Data":"Zg==","PartitionKey":"a\"b"},)"
                  R"({"Data":"Zm8=","PartitionKey":"a\"b"},{"Data":"Zm9v","PartitionKey":"a\"b"},)"
                  R"({"Data":"Zm9vYg==","PartitionKey":"a\"b"}]})");
}

TEST(KinesisBody, AnswersSayWhatBecameOfEachRecord) {
  KinesisAnswer answer;
  ASSERT_TRUE(read_kinesis_answer(
      R"({"FailedRecordCount":1,"Records":[{"SequenceNumber":"21","ShardId":"shardId-0"},)"
      R"({"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"Rate {exceeded"},)"
      R"({"SequenceNumber":"22","ShardId":"a \" ErrorCode"}]})",
      10, answer));
  ASSERT_EQ(answer.records.size(), 3u);
  EXPECT_TRUE(answer.records[0].empty() && answer.records[2].empty());
  EXPECT_EQ(answer.records[1].view(), "ProvisionedThroughputExceededException");
  EXPECT_EQ(answer.message.view(), "Rate {exceeded");
}

TEST(KinesisBody, AnswersSayWhyARequestWasRefused) {
  KinesisAnswer answer;
  ASSERT_TRUE(read_kinesis_answer(
      R"({"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"})", 10, answer));
  EXPECT_EQ(answer.type.view(), "AccessDeniedException");
  EXPECT_EQ(answer.message.view(), "no");
  EXPECT_TRUE(answer.records.empty());
}

TEST(KinesisBody, BrokenAnswersAreNone) {
  KinesisAnswer answer;
  for (const std::string_view text :
       {"", "<html>", "{", "{\"Records\":[{", "{\"Records\":[{\"ErrorCode\":\"", "{\"a\\"})
    EXPECT_FALSE(read_kinesis_answer(text, 10, answer)) << text;
}

TEST(KinesisBody, ARecordOfWhichNothingIsSaidIsNotTaken) {
  KinesisAnswer answer;
  for (const std::string_view text :
       {R"({"errors":[{"detail":"quota"}]})", R"({"Records":[{}]})",
        R"({"Records":[{"ShardId":"shardId-0"}]})", R"({"Records":[{"SequenceNumber":""}]})"})
    EXPECT_FALSE(read_kinesis_answer(text, 1, answer)) << text;
  EXPECT_FALSE(read_kinesis_answer(R"({"Records":[{"SequenceNumber":"1"},{"SequenceNumber":"2"}]})",
                                   1, answer));
  EXPECT_EQ(answer.records.size(), 1u);
}

TEST(KinesisBody, AnyBytesAreReadToTheirEnd) {
  const std::string good =
      R"({"FailedRecordCount":1,"Records":[{"SequenceNumber":"21"},{"ErrorCode":"x\"y"}]})";
  Random random(1);
  KinesisAnswer answer;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good.substr(0, random.below(good.size()) + 1);
    for (int i = 0; i < 3; ++i) text[random.below(text.size())] = "{}[]\",:\\ a"[random.below(10)];
    // a text of its own size, so that reading on is seen
    const std::vector<char> exact(text.begin(), text.end());
    read_kinesis_answer({exact.data(), exact.size()}, 10, answer);
    EXPECT_LE(answer.records.size(), 10u);
  }
}

TEST(KinesisError, IsJudgedByItsType) {
  const auto verdict = [](std::string_view type, long status) {
    return kinesis_meaning(type, status).verdict;
  };
  EXPECT_EQ(verdict("ProvisionedThroughputExceededException", 400), Verdict::retry);
  EXPECT_EQ(verdict("InternalFailure", 500), Verdict::retry);
  EXPECT_EQ(verdict("AccessDeniedException", 400), Verdict::pause);
  EXPECT_EQ(verdict("UnrecognizedClientException", 400), Verdict::pause);
  EXPECT_EQ(verdict("ExpiredTokenException", 400), Verdict::pause);
  EXPECT_EQ(kinesis_meaning("ExpiredTokenException", 400).reason, Reason::unauthorised);
  EXPECT_EQ(verdict("ResourceNotFoundException", 400), Verdict::pause);
  EXPECT_EQ(kinesis_meaning("ResourceNotFoundException", 400).reason, Reason::refused);
  EXPECT_EQ(verdict("ValidationException", 400), Verdict::poison);
  EXPECT_EQ(verdict("InvalidArgumentException", 400), Verdict::poison);
  EXPECT_EQ(verdict("", 503), Verdict::retry);
  EXPECT_EQ(verdict("", 413), Verdict::poison);
  EXPECT_EQ(verdict("SomethingNewException", 400), Verdict::pause);  // costs nothing
}

TEST(HttpDate, IsReadToTheSecond) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784'111'777 * second);
  EXPECT_EQ(parse_http_date("Tue, 19 Jan 2038 03:14:08 GMT"), 2'147'483'648 * second);
  for (const std::string_view text :
       {"", "Sun", "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

}  // namespace
}  // namespace fieldweir
