#include <algorithm>
#include <array>

#include "uplink/kafka.h"

namespace fieldweir {
namespace {

bool read_kafka_brokers(const config::Node& node, std::vector<std::string>& out,
                        config::Mistakes& mistakes) {
  std::vector<std::string> brokers;
  if (!config::read_texts(node, brokers, mistakes)) return false;
  const auto mistaken = [](const std::string& broker) {
    // schemes and commas are what people put here
    return broker.empty() || broker.find_first_of(", \t/@") != std::string::npos;
  };
  if (brokers.empty() || std::ranges::any_of(brokers, mistaken)) {
    mistakes.add(node.place, "expected a list of host:port, like [\"kafka-1.example.com:9093\"]");
    return false;
  }
  out = std::move(brokers);
  return true;
}

bool read_kafka_topic(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string topic;
  if (!config::read_text(node, topic, mistakes)) return false;
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (topic.empty() || topic.size() > 249 || topic == "." || topic == ".." ||
      !std::ranges::all_of(topic, legal)) {
    mistakes.add(node.place, "expected a Kafka topic: letters, digits, '.', '_' and '-'");
    return false;
  }
  out = std::move(topic);
  return true;
}

bool read_mechanism(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  static constexpr std::array<std::string_view, 3> available = {"PLAIN", "SCRAM-SHA-256",
                                                                "SCRAM-SHA-512"};
  return read_available(node, available, {}, out, mistakes);
}

bool read_kafka_compress(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  static constexpr std::array<std::string_view, 3> available = {"none", "gzip", "zstd"};
  return read_available(node, available, {}, out, mistakes);
}

const config::Fields<KafkaTarget>& target_fields() {
  using config::optional, config::required;
  using Security = KafkaTarget::Security;
  static const auto fields = [] {
    config::Fields<KafkaTarget> target("a kafka uplink");
    target
        .custom("brokers", "list of host:port", &KafkaTarget::brokers, read_kafka_brokers, required,
                "some of the cluster's brokers, to find the others")
        .custom("topic", "topic", &KafkaTarget::topic, read_kafka_topic, required,
                "where records are produced; it has to exist")
        .choice<Security>(
            "security", &KafkaTarget::security,
            {{"plaintext", Security::plaintext}, {"ssl", Security::ssl}, {"sasl", Security::sasl}},
            optional, "sasl: user name and password, over TLS")
        .custom("mechanism", "PLAIN | SCRAM-SHA-256 | SCRAM-SHA-512", &KafkaTarget::mechanism,
                read_mechanism, optional, "of sasl")
        .text("username", &KafkaTarget::username, optional, "with security: sasl")
        .text("password", &KafkaTarget::password, optional, "with security: sasl");
    declare_tls(target);
    return target;
  }();
  return fields;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

std::string_view protocol(KafkaTarget::Security security) {
  switch (security) {
    case KafkaTarget::Security::plaintext:
      return "plaintext";
    case KafkaTarget::Security::ssl:
      return "ssl";
    case KafkaTarget::Security::sasl:
      break;
  }
  return "sasl_ssl";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> kafka_options(const KafkaSettings& settings,
                                                               std::string_view gateway) {
  const KafkaTarget& kafka = settings.kafka;
  std::vector<std::pair<std::string, std::string>> options = {
      {"bootstrap.servers", joined(kafka.brokers)},
      {"client.id", std::string(gateway) + "-uplink-" + settings.name},
      {"security.protocol", std::string(protocol(kafka.security))},
      {"enable.idempotence", "true"},
      {"partitioner", "murmur2_random"},  // what Java's clients do with the same key
      {"compression.type", settings.compress},
      // a record is a batch of ours already; alone in its request, it alone is refused
      {"batch.num.messages", "1"},
      {"linger.ms", "0"},
      // the one queue that may hold things for long is the log
      {"queue.buffering.max.messages", "1000"},
      {"queue.buffering.max.kbytes", "4096"},
      {"receive.message.max.bytes", "1048576"},
      // we give up on records ourselves, all at once: one alone would leave its place in the order
      {"message.timeout.ms", "0"},
      {"request.timeout.ms", "10000"},
      {"socket.timeout.ms", "10000"},
      {"socket.connection.setup.timeout.ms", "10000"},
      {"socket.keepalive.enable", "true"},
      {"socket.nagle.disable", "true"},
      {"topic.metadata.propagation.max.ms", "10000"},
  };
  if (kafka.security != KafkaTarget::Security::plaintext) {
    options.emplace_back("ssl.ca.location", kafka.ca);
    options.emplace_back("ssl.endpoint.identification.algorithm", "https");
    if (!kafka.certificate.empty()) {
      options.emplace_back("ssl.certificate.location", kafka.certificate);
      options.emplace_back("ssl.key.location", kafka.key);
    }
  }
  if (kafka.security == KafkaTarget::Security::sasl) {
    options.emplace_back("sasl.mechanism", kafka.mechanism);
    options.emplace_back("sasl.username", kafka.username);
    options.emplace_back("sasl.password", kafka.password);
  }
  return options;
}

const config::Fields<KafkaSettings>& kafka_fields() {
  static const auto fields = [] {
    config::Fields<KafkaSettings> uplink("an uplink");
    declare_common_uplink(uplink);
    declare_partitions(uplink);
    uplink
        .section("kafka", &KafkaSettings::kafka, target_fields(), config::required,
                 "produces each batch")
        .custom("compress", "none | gzip | zstd", &KafkaSettings::compress, read_kafka_compress,
                config::optional, "of records");
    return uplink;
  }();
  return fields;
}

std::unique_ptr<UplinkSettings> read_kafka(const config::Node& node, config::Mistakes& mistakes) {
  auto settings = std::make_unique<KafkaSettings>();
  if (!kafka_fields().read(node, *settings, mistakes)) return nullptr;
  const KafkaTarget& kafka = settings->kafka;
  const std::size_t before = mistakes.count();
  const bool sasl = kafka.security == KafkaTarget::Security::sasl;
  if (sasl && (kafka.username.empty() || kafka.password.empty()))
    mistakes.add(kafka.place, "security: sasl needs 'username' and 'password'");
  if (!sasl && !(kafka.username.empty() && kafka.password.empty()))
    mistakes.add(kafka.place, "'username' and 'password' need 'security: sasl'");
  if (kafka.certificate.empty() != kafka.key.empty())
    mistakes.add(kafka.place, "'cert' and 'key' belong together");
  if (mistakes.count() > before) return nullptr;
  return settings;
}

}  // namespace fieldweir
