// kafka: the uplink that produces each batch, or each device's part of it, as one record. The
// record's key is the device (or the gateway), so that order holds where Kafka keeps order: within
// a partition. Its identity travels in the header `idempotency-key`:
// gateway/stream/epoch/lane/seq[/part/of].
//
// librdkafka is transport only: an idempotent producer with short queues, one record per request,
// no buffering of its own. Whatever fails, all that is not confirmed is purged and produced again,
// in order; a record whose fate is unknown may then stand there twice, with the same identity. The
// library looks names up itself, on threads of its own, and its errors reach us as events on
// another one; both only write down what happened and ring the doorbell.
#pragma once

#include "transport/broker.h"
#include "uplink/uplinks.h"

namespace fieldweir {

struct KafkaTarget : TlsSettings {
  enum class Security { plaintext, ssl, sasl };
  std::vector<std::string> brokers;  // host[:port]
  std::string topic;
  Security security = Security::ssl;
  std::string mechanism = "SCRAM-SHA-512";
  std::string username;
  std::string password;
  config::Place place;
};

struct KafkaSettings : UplinkSettings {
  KafkaTarget kafka;
  std::string compress = "none";
};

/// What librdkafka is told, in its own words.
std::vector<std::pair<std::string, std::string>> kafka_options(const KafkaSettings& settings,
                                                               std::string_view gateway);

const config::Fields<KafkaSettings>& kafka_fields();
std::unique_ptr<UplinkSettings> read_kafka(const config::Node& node, config::Mistakes& mistakes);

/// The row of the table.
UplinkKind kafka_uplink();

}  // namespace fieldweir
