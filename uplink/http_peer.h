// http_peer: whom an uplink talks to over HTTP: URL, TLS, time-out. Value types and pure functions,
// used while starting.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transport/broker.h"

namespace fieldweir {

struct HttpUrl {
  std::string text;
  bool tls = true;
  std::string host;  // without brackets
  std::uint16_t port = 443;

  /// As the header `Host` says it: the port only where it is not the scheme's own.
  std::string host_header() const;
};

/// http[s]://host[:port][/path][?query]; no user, no fragment.
std::optional<HttpUrl> parse_http_url(std::string_view text);

struct HttpPeer : TlsSettings {
  HttpUrl url;
  bool insecure = false;
  Duration timeout = 10 * second;
  config::Place place;
};

bool read_http_url(const config::Node& node, HttpUrl& out, config::Mistakes& mistakes);

/// What no single key shows: plain http beyond loopback, a certificate without its key.
void check_http_peer(const HttpPeer& peer, config::Mistakes& mistakes);

template <class T>
void declare_http_peer(config::Fields<T>& fields) {
  fields
      .flag("insecure", &HttpPeer::insecure, config::optional, "allows plain http beyond loopback")
      .duration("timeout", &HttpPeer::timeout, {100 * millisecond, 5 * minute}, config::optional,
                "of one request, from connecting to the answer");
  declare_tls(fields);
}

}  // namespace fieldweir
