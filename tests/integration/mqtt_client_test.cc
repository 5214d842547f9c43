// The MQTT client against a real broker: what it promises about deadlines, loss and other clients.
#include "transport/mqtt_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/broker.h"

namespace fieldweir {
namespace {

using testing::HasSubstr;

class MqttClientTest : public testing::Test {
 protected:
  MqttClientTest() : resolver_thread_(resolver_, clock_) { ::signal(SIGPIPE, SIG_IGN); }

  std::unique_ptr<MqttClient> client(const BrokerSettings& broker, MqttClientSettings settings) {
    return std::make_unique<MqttClient>(broker, std::move(settings), resolver_, clock_, bell_);
  }
  Result<> connect(MqttClient& client, Duration patience = 5 * second) {
    return client.connect(clock_.now() + patience, stop_);
  }
  bool confirmed(MqttClient& client, std::size_t count) {
    std::size_t so_far = 0;
    return eventually([&] { return (so_far += client.take_confirmed()) == count; });
  }
  template <class F>
  double milliseconds(F&& work) {
    const Time start = clock_.now();
    work();
    return static_cast<double>(clock_.now() - start) / 1e6;
  }

  SystemClock clock_;
  Stop stop_;
  Doorbell bell_;
  Resolver resolver_{clock_};
  WorkerThread resolver_thread_;
};

TEST_F(MqttClientTest, PublishesInOrderAndCountsConfirmationsFromTheFront) {
  Broker broker;
  Listener listener(broker);
  const auto c = client(broker.settings(), {.id = "a", .in_flight = 4});
  EXPECT_EQ(c->publish("t", "x", 1, false).error().reason, Reason::not_connected);
  ASSERT_TRUE(connect(*c));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(c->publish("t", std::to_string(i), 1, false));
  EXPECT_EQ(c->room(), 0u);
  EXPECT_EQ(c->publish("t", "5", 1, false).error().reason, Reason::ring_full);
  EXPECT_TRUE(confirmed(*c, 4));
  EXPECT_EQ(c->room(), 4u);
  EXPECT_TRUE(bell_.answer());
  ASSERT_TRUE(c->publish("t", "4", 0, false));
  EXPECT_TRUE(confirmed(*c, 1));
  ASSERT_TRUE(listener.hears("0 t 4"));
  EXPECT_EQ(listener.payloads("t"), (std::vector<std::string>{"0", "1", "2", "3", "4"}));
  // places in the table are used again: an old confirmation is not taken for a new one
  broker.freeze();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(c->publish("t", "unconfirmed", 1, false));
  EXPECT_EQ(c->take_confirmed(), 0u);
}

TEST_F(MqttClientTest, ReceivesIntoItsInbox) {
  Broker broker;
  tell(broker, "in/kept", "before", true);
  const auto c = client(broker.settings(), {.id = "a", .largest_payload = 100});
  ASSERT_TRUE(connect(*c));
  ASSERT_TRUE(c->subscribe("in/+", 1, clock_.now() + 5 * second, stop_));
  tell(broker, "in/x", "after");
  tell(broker, "in/x", std::string(101, 'x'));
  const auto next = [&] {
    EXPECT_TRUE(eventually([&] { return c->inbox().front().has_value(); }));
    return *c->inbox().front();
  };
  EXPECT_EQ(next().topic, "in/kept");
  EXPECT_LT(clock_.now() - next().received, 10 * second);
  c->inbox().pop();
  EXPECT_EQ(std::string(next().payload.data(), next().payload.size()), "after");
  c->inbox().pop();
  EXPECT_TRUE(next().too_large);
  EXPECT_EQ(next().topic, "in/x");
}

TEST_F(MqttClientTest, SaysWhyItCannotConnect) {
  Broker absent({}, false);
  const auto nobody = client(absent.settings(), {.id = "a"});
  EXPECT_EQ(connect(*nobody).error().reason, Reason::unreachable);

  TempDir folder;
  ASSERT_EQ(Process({"mosquitto_passwd", "-b", "-c", folder.file("words"), "user", "right"}).wait(),
            0);
  Broker guarded("allow_anonymous false\npassword_file " + folder.file("words") + "\n");
  BrokerSettings settings = guarded.settings();
  settings.username = "user";
  settings.password = "wrong";
  const auto stranger = client(settings, {.id = "a"});
  const auto refused = connect(*stranger);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::unauthorised) << refused.error().text.view();
  settings.password = "right";
  const auto known = client(settings, {.id = "a"});
  EXPECT_TRUE(connect(*known));
}

/// A broker that says what a test wants to one client: `connack` to CONNECT, `suback` to SUBSCRIBE.
class RudeBroker {
 public:
  RudeBroker(char connack, char suback)
      : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    settings.endpoint = {false, "127.0.0.1", ntohs(address.sin_port)};
    thread_ = std::thread([this, connack, suback] { serve(connack, suback); });
  }
  ~RudeBroker() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  BrokerSettings settings;

 private:
  void serve(char connack, char suback) {
    const int peer = accept(listener_, nullptr, nullptr);
    char packet[256];
    if (recv(peer, packet, sizeof packet, 0) > 0) {
      const char answer[] = {0x20, 2, 0, connack};
      send(peer, answer, sizeof answer, MSG_NOSIGNAL);
    }
    // bytes 2 and 3 are the packet identifier
    if (recv(peer, packet, sizeof packet, 0) > 4) {
      const char answer[] = {char(0x90), 3, packet[2], packet[3], suback};
      send(peer, answer, sizeof answer, MSG_NOSIGNAL);
      recv(peer, packet, sizeof packet, 0);
    }
    close(peer);
  }
  int listener_;
  std::thread thread_;
};

TEST_F(MqttClientTest, SaysWhatTheBrokerRefused) {
  const auto code = [this](char connack, char suback) {
    RudeBroker broker(connack, suback);
    const auto c = client(broker.settings, {.id = "a"});
    const auto connected = connect(*c);
    if (!connected) return connected.error();
    const auto subscribed = c->subscribe("private", 1, clock_.now() + 5 * second, stop_);
    return subscribed ? Error() : subscribed.error();
  };
  EXPECT_EQ(code(1, 0).reason, Reason::refused);
  EXPECT_EQ(code(2, 0).reason, Reason::refused);
  EXPECT_EQ(code(3, 0).reason, Reason::refused);
  EXPECT_EQ(code(4, 0).reason, Reason::unauthorised);
  EXPECT_EQ(code(5, 0).reason, Reason::unauthorised);
  EXPECT_EQ(code(0, 1).reason, Reason::none);
  const Error subscription = code(0, char(0x80));
  EXPECT_EQ(subscription.reason, Reason::unauthorised) << subscription.text.view();
}

TEST_F(MqttClientTest, ALostBrokerIsNoticedAtOnceAndCanBeConnectedAgain) {
  Broker broker;
  const auto c = client(broker.settings(), {.id = "a"});
  ASSERT_TRUE(connect(*c));
  broker.stop();
  EXPECT_TRUE(eventually([&] { return !c->connected(); }, std::chrono::seconds(2)));
  EXPECT_FALSE(c->publish("t", "x", 1, false));
  EXPECT_FALSE(connect(*c));
  broker.start();
  ASSERT_TRUE(connect(*c));
  ASSERT_TRUE(c->publish("t", "x", 1, false));
  EXPECT_TRUE(confirmed(*c, 1));
}

TEST_F(MqttClientTest, AFrozenBrokerIsNoticedAndItsClientClosesSoon) {
  Broker broker;
  const auto c = client(broker.settings(), {.id = "a", .keep_alive = second, .in_flight = 50});
  ASSERT_TRUE(connect(*c));
  broker.freeze();
  const std::string body(64 * 1024, 'x');
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(c->publish("t", body, 1, false));
  const double noticed = milliseconds(
      [&] { EXPECT_TRUE(eventually([&] { return !c->connected(); }, std::chrono::seconds(10))); });
  const double closed = milliseconds([&] { c->close(); });
  RecordProperty("noticed_ms", static_cast<int>(noticed));
  std::printf("frozen broker noticed after %.0f ms at 1 s keep-alive, closed in %.0f ms\n", noticed,
              closed);
  EXPECT_LT(noticed, 6000);
  EXPECT_LT(closed, 500);
  EXPECT_EQ(c->take_confirmed(), 0u);
}

TEST_F(MqttClientTest, ClosingTowardsABrokerThatHasJustFrozenIsBounded) {
  Broker broker;
  const auto c = client(broker.settings(), {.id = "a", .in_flight = 50});
  ASSERT_TRUE(connect(*c));
  broker.freeze();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(c->publish("t", std::string(64 * 1024, 'x'), 1, false));
  const double closed = milliseconds([&] { c->close(); });
  std::printf("the last client closed towards a frozen broker in %.0f ms\n", closed);
  EXPECT_LT(closed, 1600);
}

TEST_F(MqttClientTest, ConnectingToAFrozenBrokerEndsAtTheDeadlineOrTheStopRequest) {
  Broker broker;
  broker.freeze();
  const auto c = client(broker.settings(), {.id = "a"});
  const double late = milliseconds([&] { EXPECT_FALSE(connect(*c, 300 * millisecond)); });
  std::printf("connect with a deadline of 300 ms took %.0f ms\n", late);
  EXPECT_LT(late, 350);
  Time stopped_at = 0;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stopped_at = clock_.now();
    stop_.request();
  });
  const auto stopped = connect(*c, 20 * second);
  const Time end = clock_.now();
  stopper.join();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().reason, Reason::stopped);
  EXPECT_LT(end - stopped_at, 100 * millisecond);
}

// Paho serves all clients with the same threads. A broker that reads nothing and an owner that
// takes nothing must not be felt by others.
TEST_F(MqttClientTest, OneClientsTroublesDoNotDelayAnother) {
  Broker frozen, busy, good;
  const auto stuck = client(frozen.settings(), {.id = "stuck", .in_flight = 50});
  const auto lazy = client(busy.settings(), {.id = "lazy", .largest_payload = 1000, .inbox = 4000});
  const auto other = client(good.settings(), {.id = "other"});
  ASSERT_TRUE(connect(*stuck) && connect(*lazy) && connect(*other));
  ASSERT_TRUE(lazy->subscribe("flood", 0, clock_.now() + 5 * second, stop_));
  frozen.freeze();
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(stuck->publish("t", std::string(64 * 1024, 'x'), 1, false));
  const auto flooder = client(busy.settings(), {.id = "flooder", .in_flight = 100});
  ASSERT_TRUE(connect(*flooder));
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(flooder->publish("flood", std::string(900, 'x'), 0, false));

  double worst = 0;
  for (int i = 0; i < 100; ++i)
    worst = std::max(worst, milliseconds([&] {
                       ASSERT_TRUE(other->publish("t", "x", 1, false));
                       ASSERT_TRUE(confirmed(*other, 1));
                     }));
  std::printf("slowest of 100 confirmations beside a frozen and a flooded client: %.1f ms\n",
              worst);
  EXPECT_LT(worst, 2000);  // the frozen one is given up later
  EXPECT_TRUE(eventually([&] { return lazy->dropped.get() > 0; }));
  EXPECT_TRUE(lazy->inbox().front());
}

// --- TLS
// ------------------------------------------------------------------------------------------

/// An authority and a certificate for `name`, made with openssl(1).
struct Certificates {
  explicit Certificates(const std::string& name) {
    const auto run = [&](std::vector<std::string> arguments) {
      ASSERT_EQ(Process(std::move(arguments), folder.file("log")).wait(), 0);
    };
    run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=authority", "-keyout", folder.file("ca.key"), "-out",
         folder.file("ca.pem")});
    run({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=broker", "-keyout", folder.file("key.pem"), "-out",
         folder.file("request.pem")});
    std::ofstream(folder.file("extensions")) << "subjectAltName=" << name << "\n";
    run({"openssl", "x509", "-req", "-days", "2", "-in", folder.file("request.pem"), "-CA",
         folder.file("ca.pem"), "-CAkey", folder.file("ca.key"), "-CAcreateserial", "-extfile",
         folder.file("extensions"), "-out", folder.file("cert.pem")});
  }
  std::string broker_lines() const {
    return "allow_anonymous true\ncertfile " + folder.file("cert.pem") + "\nkeyfile " +
           folder.file("key.pem") + "\n";
  }
  TempDir folder;
};

class MqttTlsTest : public MqttClientTest {
 protected:
  Result<> connect_to(const Broker& broker, const std::string& host, const std::string& ca) {
    BrokerSettings settings = broker.settings();
    settings.endpoint.tls = true;
    settings.endpoint.host = host;
    settings.ca = ca;
    // a name is expected while building, before the resolver has its thread
    Resolver resolver(clock_);
    MqttClient client(settings, {.id = "tls"}, resolver, clock_, bell_);
    WorkerThread thread(resolver, clock_);
    return client.connect(clock_.now() + 5 * second, stop_);
  }
};

TEST_F(MqttTlsTest, ConnectsToTheNameOrAddressThatTheCertificateIsFor) {
  if (!knows_localhost()) GTEST_SKIP() << "this system does not know localhost";
  const Certificates name("DNS:localhost");
  Broker broker(name.broker_lines());
  const auto good = connect_to(broker, "localhost", name.folder.file("ca.pem"));
  EXPECT_TRUE(good) << good.error().text.view();

  const Certificates address("IP:127.0.0.1");
  Broker other(address.broker_lines());
  const auto literal = connect_to(other, "127.0.0.1", address.folder.file("ca.pem"));
  EXPECT_TRUE(literal) << literal.error().text.view();
}

TEST_F(MqttTlsTest, RefusesAnotherNameAndAnotherAuthority) {
  if (!knows_localhost()) GTEST_SKIP() << "this system does not know localhost";
  const Certificates certificates("DNS:elsewhere.example");
  Broker broker(certificates.broker_lines());
  const auto name = connect_to(broker, "localhost", certificates.folder.file("ca.pem"));
  ASSERT_FALSE(name);
  EXPECT_THAT(std::string(name.error().text.view()), HasSubstr("with that name"));
  const auto address = connect_to(broker, "127.0.0.1", certificates.folder.file("ca.pem"));
  EXPECT_FALSE(address);

  const Certificates mine("DNS:localhost");
  Broker trusted(mine.broker_lines());
  const auto authority = connect_to(trusted, "localhost", certificates.folder.file("ca.pem"));
  ASSERT_FALSE(authority);
  EXPECT_EQ(authority.error().reason, Reason::refused);
  EXPECT_THAT(std::string(authority.error().text.view()), HasSubstr("certificate verify failed"));
}

}  // namespace
}  // namespace fieldweir
