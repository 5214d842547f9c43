#include <algorithm>
#include <array>

#include "uplink/formats/format.h"
#include "uplink/https.h"

namespace fieldweir {
namespace {

bool read_compress(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  static constexpr std::array<std::string_view, 3> available = {"none", "gzip", "zstd"};
  return read_available(node, available, {}, out, mistakes);
}

/// What goes into a header must stay on its line: far ends answer 400 to one that is broken, as if
/// the batch were to blame. Files written elsewhere end their lines with a carriage return.
bool read_token(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string token;
  if (!config::read_text(node, token, mistakes)) return false;
  if (!std::ranges::all_of(token, [](unsigned char c) { return c > 0x20 && c < 0x7F; })) {
    mistakes.add(node.place, "expected a token of printable characters, without spaces");
    return false;
  }
  out = std::move(token);
  return true;
}

const config::Fields<HttpsLink>& link_fields() {
  using config::optional, config::required;
  static const auto fields = [] {
    config::Fields<HttpsLink> link("an https uplink");
    link.custom("url", "URL", &HttpsLink::url, read_http_url, required, "where batches are posted")
        .custom("token", "text", &HttpsLink::token, read_token, optional,
                "sent as 'Authorization: Bearer', or 'Token' where the format is influx",
                std::string(config::text_schema));
    link.integer("batches", &HttpsLink::batches, {1, 100}, optional,
                 "of one request at most, a line each; for long round trips");
    declare_http_peer(link);
    return link;
  }();
  return fields;
}

}  // namespace

const config::Fields<HttpsSettings>& https_fields() {
  static const auto fields = [] {
    config::Fields<HttpsSettings> uplink("an uplink");
    declare_common_uplink(uplink);
    uplink
        .section("https", &HttpsSettings::https, link_fields(), config::required,
                 "POSTs each batch")
        .custom("compress", "none | gzip | zstd", &HttpsSettings::compress, read_compress,
                config::optional, "of request bodies");
    return uplink;
  }();
  return fields;
}

std::unique_ptr<UplinkSettings> read_https(const config::Node& node, config::Mistakes& mistakes) {
  auto settings = std::make_unique<HttpsSettings>();
  if (!https_fields().read(node, *settings, mistakes)) return nullptr;
  const std::size_t before = mistakes.count();
  check_http_peer(settings->https, mistakes);
  if (settings->https.batches > 1 && find_format(settings->format).lines_type.empty())
    mistakes.add(settings->https.place, "several batches in a request need format json or influx");
  return mistakes.count() > before ? nullptr : std::move(settings);
}

}  // namespace fieldweir
