// https: the uplink that POSTs each batch to a URL. One request at a time over one kept connection;
// any 2xx answer confirms the batch. Its identity travels as `Idempotency-Key:
// gateway/stream/epoch/lane/seq`, so that the far end can recognise a batch that comes again. With
// `batches`, a request has several where they wait, each a line; their identities are in the lines.
// The peer is always verified; plain http is for loopback, or for who says `insecure: true`.
#pragma once

#include "uplink/http_peer.h"
#include "uplink/uplinks.h"

namespace fieldweir {

struct HttpsLink : HttpPeer {
  std::string token;         // empty: no Authorization header
  std::int64_t batches = 1;  // of a request, at most
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
