// The https uplink with its delivery worker against a sink that is not ours (python3's
// http.server).
#include "uplink/https.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "tests/support/fake_clock.h"
#include "tests/support/uplink_rig.h"
#include "uplink/http_post.h"

namespace fieldweir {
namespace {

using nlohmann::json;

class HttpsTest : public SinkRig {
 protected:
  HttpsTest() : SinkRig({"boiler.temp"}) {
    settings.name = "lake";
    settings.https.url = *parse_http_url("http://127.0.0.1:" + std::to_string(port) + "/v1/batch");
    settings.https.timeout = 5 * second;
  }

  void start_sink(const std::vector<std::string>& more = {}) {
    SinkRig::start_sink("http_sink.py", more);
  }
  void start_delivery() { deliver(https_uplink(), settings); }

  /// seq of each request that was answered with 200, in order of arrival; each once.
  std::vector<std::uint64_t> taken() const {
    std::vector<std::uint64_t> seqs;
    std::set<std::string> seen;
    for (const json& entry : record())
      if (entry["status"] == 200 && seen.insert(entry["key"]).second)
        seqs.push_back(json::parse(entry["body"].get<std::string>())["seq"]);
    return seqs;
  }
  /// The same key always came with the same body.
  void expect_equal_bytes() const {
    std::map<std::string, std::string> bodies;
    for (const json& entry : record()) {
      const auto [at, fresh] = bodies.emplace(entry["key"], entry["body"]);
      EXPECT_EQ(at->second, entry["body"].get<std::string>());
    }
  }

  HttpsSettings settings;
};

TEST_F(HttpsTest, DeliversInOrderWithIdentity) {
  settings.https.token = "secret-token";
  start_sink();
  add(1, 30);
  start_delivery();
  add(31, 60);
  ASSERT_TRUE(delivered_through(60)) << last_error();
  EXPECT_EQ(taken(), numbers(1, 60));
  const json first = record().at(0);
  EXPECT_EQ(first["key"], "packing-7/000000ab/3/telemetry/1");
  EXPECT_EQ(first["authorization"], "Bearer secret-token");
  EXPECT_TRUE(first["encoding"].is_null());
  EXPECT_EQ(log.total().delivered, 60u);
}

TEST_F(HttpsTest, AnAnswerThatComesTwiceStandsForOneRequest) {
  order("{\"repeat\": true}\n");
  start_sink();
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  EXPECT_EQ(taken(), numbers(1, 5));
}

bool has_ipv6_loopback() {
  const int descriptor = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool good = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return good;
}

TEST_F(HttpsTest, DeliversToAnIpv6Address) {
  if (!has_ipv6_loopback()) GTEST_SKIP() << "no ::1 here";
  settings.https.url = *parse_http_url("http://[::1]:" + std::to_string(port) + "/v1/batch");
  launch_sink("http_sink.py", {"--host", "::1"});
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(delivered_through(3)) << last_error() << sink->output();
  EXPECT_EQ(taken(), numbers(1, 3));
}

TEST_F(HttpsTest, CompressesWithGzip) {
  settings.compress = "gzip";
  start_sink();
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(delivered_through(3)) << last_error();
  EXPECT_EQ(taken(), numbers(1, 3));
  EXPECT_EQ(record().at(0)["encoding"], "gzip");
}

TEST_F(HttpsTest, CompressesWithZstd) {
  settings.compress = "zstd";
  start_sink();
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(delivered_through(3)) << last_error();
  EXPECT_EQ(taken(), numbers(1, 3));
  EXPECT_EQ(record().at(0)["encoding"], "zstd");
}

TEST_F(HttpsTest, SendsSeveralBatchesInARequestAndFindsTheOneToBlame) {
  settings.https.batches = 8;
  // all eight, four, two, one; from then on everything is fine
  std::string refusals;
  for (int i = 0; i < 4; ++i) refusals += "{\"status\": 400}\n";
  order(refusals);
  add(1, 100);
  start_sink();
  start_delivery();
  ASSERT_TRUE(delivered_through(100)) << last_error();
  std::vector<std::uint64_t> arrived;
  std::vector<std::size_t> refused;
  std::size_t requests = 0;
  for (const json& entry : record()) {
    std::istringstream body(entry["body"].get<std::string>());
    std::vector<std::uint64_t> lines;
    for (std::string line; std::getline(body, line);) lines.push_back(json::parse(line)["seq"]);
    EXPECT_EQ(entry["key"].is_null(), lines.size() > 1);
    if (entry["status"] == 400) refused.push_back(lines.size());
    if (entry["status"] != 200) continue;
    ++requests;
    arrived.insert(arrived.end(), lines.begin(), lines.end());
  }
  EXPECT_THAT(refused, testing::ElementsAre(8, 4, 2, 1));
  EXPECT_EQ(arrived, numbers(2, 100));
  EXPECT_LT(requests, 25u);
  EXPECT_EQ(log.total().delivered, 99u);
  EXPECT_EQ(log.total().dead_lettered, 1u);
}

TEST_F(HttpsTest, RetriesWhenTheSinkSaysSo) {
  order("{\"status\": 503, \"retry_after\": 2, \"body\": \"busy\\nreally\"}\n");
  start_sink();
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(reaches(DeliveryState::backing_off));
  EXPECT_EQ(last_error(), "HTTP status 503: busy really");
  ASSERT_TRUE(delivered_through(3));
  EXPECT_EQ(taken(), numbers(1, 3));
  const auto entries = record();
  EXPECT_GE(entries[1]["time"].get<double>() - entries[0]["time"].get<double>(), 2.0);
  expect_equal_bytes();
}

TEST_F(HttpsTest, PutsPoisonAsideAndGoesOn) {
  order("{}\n{\"status\": 400, \"body\": \"no such signal\"}\n");
  start_sink();
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(delivered_through(3));
  EXPECT_EQ(taken(), (std::vector<std::uint64_t>{1, 3}));
  ASSERT_EQ(log.dead().size(), 1u);
  EXPECT_EQ(log.dead()[0].first, 2u);
  EXPECT_THAT(log.dead()[0].second, testing::HasSubstr("no such signal"));
}

TEST_F(HttpsTest, PausesWithoutDeadLettersWhenUnauthorised) {
  order("{\"status\": 401}\n{\"status\": 401}\n");
  start_sink();
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(reaches(DeliveryState::paused));
  EXPECT_GE(delivery->status().next_attempt, clock.now() + 30 * second);
  EXPECT_EQ(last_error(), "HTTP status 401");  // the answer was empty
  EXPECT_TRUE(log.dead().empty());
  EXPECT_EQ(log.acknowledged().seq, 0u);
  EXPECT_EQ(record().size(), 1u);
}

TEST_F(HttpsTest, FindsASinkThatAppearsLater) {
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(eventually([&] { return delivery->status().failures >= 1; }));
  EXPECT_EQ(delivery->status().last_error.reason, Reason::unreachable);
  start_sink();
  ASSERT_TRUE(delivered_through(5)) << last_error();
  EXPECT_EQ(taken(), numbers(1, 5));
}

TEST_F(HttpsTest, AttemptsWithoutAConnectionUseUpNothing) {
  settings.rate_limit.per_month = 1 << 20;
  add(1, 1);
  start_delivery();
  ASSERT_TRUE(eventually([&] { return delivery->status().failures >= 2; }));
  EXPECT_EQ(log.usage().bytes, 0u);
  start_sink();
  ASSERT_TRUE(delivered_through(1));
  EXPECT_EQ(log.usage().bytes, delivery->status().bytes);
}

TEST_F(HttpsTest, SurvivesASinkThatIsKilledAndReturns) {
  start_sink();
  add(1, 5);
  start_delivery();
  ASSERT_TRUE(delivered_through(5));
  sink.reset();
  add(6, 10);
  ASSERT_TRUE(eventually([&] { return delivery->status().failures >= 1; }));
  start_sink();
  ASSERT_TRUE(delivered_through(10));
  EXPECT_EQ(taken(), numbers(1, 10));
  expect_equal_bytes();
}

TEST_F(HttpsTest, SurvivesAFrozenSink) {
  settings.https.timeout = 300 * millisecond;
  start_sink();
  add(1, 2);
  start_delivery();
  ASSERT_TRUE(delivered_through(2));
  sink->signal(SIGSTOP);
  add(3, 5);
  ASSERT_TRUE(eventually([&] { return delivery->status().failures >= 2; }));
  EXPECT_EQ(delivery->status().last_error.reason, Reason::timeout);
  sink->signal(SIGCONT);
  ASSERT_TRUE(delivered_through(5));
  EXPECT_EQ(taken(), numbers(1, 5));
  expect_equal_bytes();
}

TEST_F(HttpsTest, SendsAgainWhenTheAnswerIsLost) {
  order("{}\n{\"drop\": true}\n");
  start_sink();
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(delivered_through(3));
  EXPECT_EQ(taken(), numbers(1, 3));
  EXPECT_GE(record().size(), 4u);
  expect_equal_bytes();
}

TEST_F(HttpsTest, AnEndlessAnswerIsCutAndItsStatusCounts) {
  order("{\"size\": 50000000}\n{\"size\": 50000000, \"status\": 422}\n");
  start_sink();
  add(1, 3);
  start_delivery();
  ASSERT_TRUE(delivered_through(3)) << last_error();
  EXPECT_EQ(log.dead().size(), 1u);
}

TEST_F(HttpsTest, EndsWithin100MillisecondsOfAStop) {
  start_sink();
  add(1, 1);
  sink->signal(SIGSTOP);
  start_delivery();
  const int waiting = 50;  // ms, so that the request is under way
  EXPECT_FALSE(
      eventually([&] { return log.acknowledged().seq > 0; }, std::chrono::milliseconds(waiting)));
  const Time before = clock.now();
  stop.request();
  thread->request_stop();
  ASSERT_TRUE(eventually([&] { return thread->ended(); }));
  EXPECT_LE(clock.now() - before, second);  // 100 ms, and what a busy machine adds
}

TEST_F(HttpsTest, ANewAddressComesIntoUseThoughTheOldOneAnswers) {
  start_sink();
  FakeClock time;
  Resolver::Address address("127.0.0.1");
  Resolver names(time, [&](const std::string&) -> Result<Resolver::Address> { return address; });
  HttpPeer peer;
  peer.url = *parse_http_url("http://sink.example:" + std::to_string(port) + "/");
  HttpPost post(peer, {}, 0, time, names);
  EXPECT_FALSE(post.connect(time.now(), stop));  // asks
  names.turn(time.now());
  ASSERT_TRUE(post.connect(time.now(), stop));
  const auto posted = [&] {
    const bool done = static_cast<bool>(post.post("{}", {}, time.now() + 5 * second, stop));
    names.turn(time.now());  // looks up what was asked for meanwhile
    return done;
  };
  EXPECT_TRUE(posted());
  address.assign("127.0.0.2");  // where nobody listens
  time.advance(2 * minute);
  EXPECT_TRUE(posted());
  EXPECT_FALSE(posted());
}

class HttpsWithTls : public HttpsTest {
 protected:
  HttpsWithTls() {
    settings.https.url = *parse_http_url("https://127.0.0.1:" + std::to_string(port) + "/v1/batch");
  }
  void start_tls_sink(const std::string& name = "IP:127.0.0.1") {
    Process openssl(
        {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=sink", "-addext", "subjectAltName=" + name,
         "-keyout", folder.file("key.pem"), "-out", folder.file("cert.pem")},
        folder.file("openssl.log"));
    ASSERT_EQ(openssl.wait(), 0) << openssl.output();
    start_sink({"--cert", folder.file("cert.pem"), "--key", folder.file("key.pem")});
  }
};

TEST_F(HttpsWithTls, RefusesASelfSignedCertificate) {
  start_tls_sink();
  add(1, 1);
  start_delivery();
  ASSERT_TRUE(reaches(DeliveryState::backing_off));
  EXPECT_EQ(delivery->status().last_error.reason, Reason::refused) << last_error();
  EXPECT_TRUE(record().empty());
}

TEST_F(HttpsWithTls, AcceptsItWhenItIsNamedAsAuthority) {
  start_tls_sink();
  settings.https.ca = folder.file("cert.pem");
  add(1, 20);
  start_delivery();
  ASSERT_TRUE(delivered_through(20)) << last_error();
  EXPECT_EQ(taken(), numbers(1, 20));
}

TEST_F(HttpsWithTls, RefusesACertificateOfAnotherName) {
  start_tls_sink("IP:127.0.0.2");
  settings.https.ca = folder.file("cert.pem");
  add(1, 1);
  start_delivery();
  ASSERT_TRUE(reaches(DeliveryState::backing_off));
  EXPECT_EQ(delivery->status().last_error.reason, Reason::refused) << last_error();
  EXPECT_TRUE(record().empty());
}

}  // namespace
}  // namespace fieldweir
