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

struct HttpsLink : TlsSettings {
  std::string url;
  std::string host;  // of the url, without brackets
  std::string port;  // of the url, or its scheme's
  bool tls = true;
  std::string token;  // empty: no Authorization header
  bool insecure = false;
  Duration timeout = 10 * second;
  config::Place place;
};

struct HttpsSettings : UplinkSettings {
  HttpsLink https;
  std::string compress = "none";
};

UplinkKind https_uplink();

}  // namespace fieldweir
