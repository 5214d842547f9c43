#include "transport/broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"

namespace fieldweir {
namespace {

TEST(BrokerUrl, TakesHostAndPortWithTheSchemesDefaults) {
  const auto plain = parse_broker_url("mqtt://broker.example.com");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "broker.example.com");
  EXPECT_EQ(plain->port, 1883);

  const auto secure = parse_broker_url("mqtts://[2001:db8::7]");
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->tls);
  EXPECT_EQ(secure->host, "2001:db8::7");
  EXPECT_EQ(secure->port, 8883);

  EXPECT_EQ(parse_broker_url("mqtt://192.0.2.1:65535")->port, 65535);
  EXPECT_EQ(parse_broker_url("mqtt://[::1]:1884")->port, 1884);
}

TEST(BrokerUrl, RefusesEverythingElse) {
  for (const char* url :
       {"", "mqtt://", "mqtt:/x", "tcp://x", "http://x", "mqtt://user:word@x", "mqtt://x/path",
        "mqtt://x:", "mqtt://x:0", "mqtt://x:65536", "mqtt://x:12a", "mqtt://x:-1", "mqtt://[::1",
        "mqtt://[::1]7", "mqtt://a b", "mqtt://x?y", "MQTT://x"})
    EXPECT_FALSE(parse_broker_url(url)) << url;
}

BrokerSettings read(const std::string& text, config::Mistakes& mistakes) {
  BrokerSettings settings;
  const config::Node node = config::load_text("test.yaml", text, mistakes);
  if (broker_fields().read(node, settings, mistakes)) check_broker(settings, mistakes);
  return settings;
}

TEST(Broker, ReadsItsKeys) {
  config::Mistakes mistakes;
  const BrokerSettings broker =
      read("url: mqtts://b:9000\nusername: u\npassword: p\nca: /ca\ncert: /c\nkey: /k\n", mistakes);
  EXPECT_TRUE(mistakes.empty()) << mistakes.text();
  EXPECT_EQ(broker.endpoint.port, 9000);
  EXPECT_EQ(broker.username, "u");
  EXPECT_EQ(broker.password, "p");
  EXPECT_EQ(broker.ca, "/ca");
  EXPECT_EQ(broker.certificate, "/c");
  EXPECT_EQ(broker.key, "/k");
}

TEST(Broker, NamesEachMistakeAndNeverRepeatsAPasswordInTheUrl) {
  config::Mistakes url;
  read("url: mqtt://user:geheim@b\n", url);
  ASSERT_EQ(url.all().size(), 1u);
  EXPECT_THAT(url.all()[0].message, testing::HasSubstr("mqtts://host"));
  EXPECT_THAT(url.all()[0].message, testing::Not(testing::HasSubstr("geheim")));

  config::Mistakes halves;
  read("url: mqtt://b\npassword: p\ncert: /c\n", halves);
  EXPECT_EQ(halves.count(), 3u) << halves.text();  // no key, no TLS, no user

  config::Mistakes missing;
  read("username: u\n", missing);
  EXPECT_EQ(missing.count(), 1u) << missing.text();
}

TEST(Broker, IsFoundByName) {
  Brokers brokers(2);
  brokers[0].first = "site";
  brokers[1].first = "cloud";
  EXPECT_EQ(find_broker(brokers, "cloud"), &brokers[1].second);
  EXPECT_EQ(find_broker(brokers, "clouds"), nullptr);
}

}  // namespace
}  // namespace fieldweir
