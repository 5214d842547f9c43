// broker: one named MQTT broker of the configuration. A value type, read while starting.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/fields.h"

namespace fieldweir {

/// Certificates and verification, shared by every TLS client. Verification is on unless asked.
struct TlsSettings {
  std::string ca = "/etc/ssl/certs/ca-certificates.crt";
  std::string certificate;  // client certificate and key, PEM files
  std::string key;
};

struct BrokerSettings {
  std::string url;  // mqtt://host[:1883] or mqtts://host[:8883]
  std::string username;
  std::string password;
  TlsSettings tls;
  config::Place place;
};

/// In file order; names are unique.
using Brokers = std::vector<std::pair<std::string, BrokerSettings>>;

const BrokerSettings* find_broker(const Brokers& brokers, std::string_view name);
const config::Fields<BrokerSettings>& broker_fields();

}  // namespace fieldweir
