// https: the uplink that POSTs each batch to a URL. One request at a time over one kept connection;
// any 2xx answer confirms the batch. Its identity travels as `Idempotency-Key:
// gateway/stream/epoch/lane/seq`, so that the far end can recognise a batch that comes again.
//
// The peer is always verified; plain http is for loopback, or for who says `insecure: true`.
// Redirects, proxies of the environment and name lookups of libcurl are off. Waits end with their
// deadline, or within 100 ms of a stop request.
#pragma once

#include "transport/broker.h"
#include "uplink/uplinks.h"

namespace fieldweir {

struct HttpUrl {
  std::string text;
  bool tls = true;
  std::string host;  // without brackets
  std::uint16_t port = 443;
};

/// http[s]://host[:port][/path][?query]; no user, no fragment. Pure.
std::optional<HttpUrl> parse_http_url(std::string_view text);

struct HttpsLink : TlsSettings {
  HttpUrl url;
  std::string token;  // empty: no Authorization header
  bool insecure = false;
  Duration timeout = 10 * second;
  config::Place place;
};

struct HttpsSettings : UplinkSettings {
  HttpsLink https;
  std::string compress = "none";
};

const config::Fields<HttpsSettings>& https_fields();
std::unique_ptr<UplinkSettings> read_https(const config::Node& node, config::Mistakes& mistakes);

/// The row of the table.
UplinkKind https_uplink();

}  // namespace fieldweir
