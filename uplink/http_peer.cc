#include "uplink/http_peer.h"

#include <algorithm>
#include <charconv>

namespace fieldweir {
namespace {

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

}  // namespace

std::string HttpUrl::host_header() const {
  const std::string name = host.find(':') == host.npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

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

bool read_http_url(const config::Node& node, HttpUrl& out, config::Mistakes& mistakes) {
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

void check_http_peer(const HttpPeer& peer, config::Mistakes& mistakes) {
  if (!peer.url.tls && !peer.insecure && !is_loopback(peer.url.host))
    mistakes.add(peer.place, "plain http beyond loopback needs 'insecure: true'");
  if (peer.certificate.empty() != peer.key.empty())
    mistakes.add(peer.place, "'cert' and 'key' belong together");
}

}  // namespace fieldweir
