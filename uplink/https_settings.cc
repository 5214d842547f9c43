#include <algorithm>
#include <array>
#include <charconv>

#include "uplink/https.h"

namespace fieldweir {
namespace {

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

bool read_url(const config::Node& node, HttpUrl& out, config::Mistakes& mistakes) {
  std::string text;
  if (!config::read_text(node, text, mistakes)) return false;
  const auto url = parse_http_url(text);
  if (url) {
    out = *url;
    return true;
  }
  // the text is not repeated: people put passwords into URLs
  mistakes.add(node.place, "expected https://host[:port]/path, without user name or password");
  return false;
}

bool read_compress(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  static constexpr std::array<std::string_view, 2> available = {"none", "gzip"};
  static constexpr std::array<std::string_view, 1> later = {"zstd"};
  return read_available(node, available, later, out, mistakes);
}

const config::Fields<HttpsLink>& link_fields() {
  using config::optional, config::required;
  static const auto fields = [] {
    config::Fields<HttpsLink> link("an https uplink");
    link.custom("url", "URL", &HttpsLink::url, read_url, required, "where batches are posted")
        .text("token", &HttpsLink::token, optional,
              "sent as 'Authorization: Bearer', or 'Token' where the format is influx")
        .flag("insecure", &HttpsLink::insecure, optional, "allows plain http beyond loopback")
        .duration("timeout", &HttpsLink::timeout, {100 * millisecond, 5 * minute}, optional,
                  "of one request, from connecting to the answer");
    declare_tls(link);
    return link;
  }();
  return fields;
}

}  // namespace

std::optional<HttpUrl> parse_http_url(std::string_view text) {
  HttpUrl url{.text = std::string(text)};
  if (text.starts_with("http://")) {
    url.tls = false;
    url.port = 80;
  } else if (!text.starts_with("https://")) {
    return std::nullopt;
  }
  text.remove_prefix(text.find("//") + 2);
  const auto improper = [](unsigned char c) { return c <= 0x20 || c >= 0x7F || c == '#'; };
  if (std::any_of(text.begin(), text.end(), improper)) return std::nullopt;

  std::string_view host = text.substr(0, text.find_first_of("/?"));
  std::string_view port;
  if (host.starts_with('[')) {
    const auto bracket = host.find(']');
    if (bracket == host.npos) return std::nullopt;
    port = host.substr(bracket + 1);
    host = host.substr(1, bracket - 1);
  } else if (const auto colon = host.find(':'); colon != host.npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (host.empty() || host.find_first_of("@[]\\") != host.npos) return std::nullopt;
  url.host = host;
  if (port.empty()) return url;
  const char* const end = port.data() + port.size();
  const auto [read_to, failed] = std::from_chars(port.data() + 1, end, url.port);
  if (port.front() != ':' || failed != std::errc() || read_to != end || url.port == 0)
    return std::nullopt;
  return url;
}

const config::Fields<HttpsSettings>& https_fields() {
  static const auto fields = [] {
    config::Fields<HttpsSettings> uplink("an uplink");
    declare_common_uplink(uplink);
    uplink
        .section("https", &HttpsSettings::https, link_fields(), config::required,
                 "POSTs each batch")
        .custom("compress", "none | gzip", &HttpsSettings::compress, read_compress,
                config::optional, "of request bodies");
    return uplink;
  }();
  return fields;
}

std::unique_ptr<UplinkSettings> read_https(const config::Node& node, config::Mistakes& mistakes) {
  auto settings = std::make_unique<HttpsSettings>();
  if (!https_fields().read(node, *settings, mistakes)) return nullptr;
  const HttpsLink& link = settings->https;
  const std::size_t before = mistakes.count();
  if (!link.url.tls && !link.insecure && !is_loopback(link.url.host))
    mistakes.add(link.place, "plain http beyond loopback needs 'insecure: true'");
  if (link.certificate.empty() != link.key.empty())
    mistakes.add(link.place, "'cert' and 'key' belong together");
  if (mistakes.count() > before) return nullptr;
  return settings;
}

}  // namespace fieldweir
