// broker: one named MQTT broker of the configuration, and the TLS keys that it shares with every
// other TLS client. Value types, read while starting; nothing here touches the network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/fields.h"

namespace fieldweir {

/// Certificates and verification, shared by every TLS client. The peer is always verified.
struct TlsSettings {
  std::string ca = "/etc/ssl/certs/ca-certificates.crt";
  std::string certificate;  // client certificate and key, PEM files
  std::string key;
};

/// Absolute: whoever starts the gateway may do so in any folder.
bool read_file_path(const config::Node& node, std::string& out, config::Mistakes& mistakes);

template <class T>
void declare_tls(config::Fields<T>& fields) {
  const auto file = [&](const char* name, std::string TlsSettings::*member, const char* what) {
    fields.custom(name, "absolute path", member, read_file_path, config::optional, what,
                  config::text_schema);
  };
  file("ca", &TlsSettings::ca, "authorities that the peer is verified against");
  file("cert", &TlsSettings::certificate, "client certificate, a PEM file");
  file("key", &TlsSettings::key, "the client certificate's key, a PEM file");
}

/// Where a broker listens. IPv6 addresses are written in brackets in a URL, and without here.
struct Endpoint {
  bool tls = false;
  std::string host;
  std::uint16_t port = 1883;
};

/// mqtt://host[:1883] or mqtts://host[:8883]; nothing else, no user, no path. Pure.
std::optional<Endpoint> parse_broker_url(std::string_view url);

struct BrokerSettings : TlsSettings {
  Endpoint endpoint;
  std::string version = "3.1.1";  // of MQTT
  std::string username;
  std::string password;
  config::Place place;
};

/// In file order; names are unique.
using Brokers = std::vector<std::pair<std::string, BrokerSettings>>;

const BrokerSettings* find_broker(const Brokers& brokers, std::string_view name);
const config::Fields<BrokerSettings>& broker_fields();

/// What no single key shows: a certificate without its key, a password without a user name.
void check_broker(const BrokerSettings& broker, config::Mistakes& mistakes);

}  // namespace fieldweir
