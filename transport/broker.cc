#include "transport/broker.h"

#include <charconv>

namespace fieldweir {
namespace {

bool host_is_written_well(std::string_view host) {
  return !host.empty() && host.size() <= 253 &&
         host.find_first_of(" \t/?#@[]") == std::string_view::npos;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, mistake] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (mistake != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool read_version(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string version;
  if (!config::read_text(node, version, mistakes)) return false;
  if (version != "3.1.1") {
    mistakes.add(node.place,
                 "expected 3.1.1: MQTT 5 is not available in this version; brokers that speak 5 "
                 "speak 3.1.1 too");
    return false;
  }
  out = std::move(version);
  return true;
}

bool read_endpoint(const config::Node& node, Endpoint& out, config::Mistakes& mistakes) {
  std::string url;
  if (!config::read_text(node, url, mistakes)) return false;
  const auto endpoint = parse_broker_url(url);
  if (!endpoint) {
    // the text is not repeated: people put passwords into URLs
    mistakes.add(
        node.place,
        "expected mqtt://host[:port] or mqtts://host[:port]; user name and password have keys "
        "of their own");
    return false;
  }
  out = *endpoint;
  return true;
}

}  // namespace

bool read_file_path(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string path;
  if (!config::read_text(node, path, mistakes)) return false;
  if (path.starts_with('/')) {
    out = std::move(path);
    return true;
  }
  mistakes.add(node.place, "expected a path that begins with '/', such as /etc/fieldweir/ca.pem");
  return false;
}

std::optional<Endpoint> parse_broker_url(std::string_view url) {
  Endpoint endpoint;
  if (url.starts_with("mqtts://")) {
    endpoint.tls = true;
    endpoint.port = 8883;
    url.remove_prefix(8);
  } else if (url.starts_with("mqtt://")) {
    url.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  std::string_view rest;
  if (url.starts_with('[')) {
    const auto bracket = url.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    endpoint.host = url.substr(1, bracket - 1);
    rest = url.substr(bracket + 1);
  } else {
    const auto colon = url.find(':');
    endpoint.host = url.substr(0, colon);
    if (colon != std::string_view::npos) rest = url.substr(colon);
  }
  if (!host_is_written_well(endpoint.host)) return std::nullopt;
  if (rest.empty()) return endpoint;
  const auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  endpoint.port = *port;
  return endpoint;
}

const BrokerSettings* find_broker(const Brokers& brokers, std::string_view name) {
  for (const auto& [known, settings] : brokers)
    if (known == name) return &settings;
  return nullptr;
}

const config::Fields<BrokerSettings>& broker_fields() {
  static const config::Fields<BrokerSettings> fields = [] {
    config::Fields<BrokerSettings> made("a broker");
    made.custom("url", "mqtt://host[:port] or mqtts://host[:port]", &BrokerSettings::endpoint,
                read_endpoint, config::required,
                "where the broker listens; mqtts is MQTT over TLS");
    made.custom("version", "3.1.1", &BrokerSettings::version, read_version, config::optional,
                "of MQTT; the only one is 3.1.1")
        .text("username", &BrokerSettings::username, config::optional, "user name, if it wants one")
        .text("password", &BrokerSettings::password, config::optional,
              "best written ${secret:NAME}");
    declare_tls(made);
    return made;
  }();
  return fields;
}

void check_broker(const BrokerSettings& broker, config::Mistakes& mistakes) {
  if (broker.certificate.empty() != broker.key.empty())
    mistakes.add(broker.place, "'cert' and 'key' belong together: give both or none");
  if (!broker.certificate.empty() && !broker.endpoint.tls)
    mistakes.add(broker.place, "'cert' needs TLS: the url begins with mqtt://, expected mqtts://");
  if (broker.username.empty() && !broker.password.empty())
    mistakes.add(broker.place, "'password' needs a 'username'");
}

}  // namespace fieldweir
