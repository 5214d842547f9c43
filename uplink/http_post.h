// HttpPost: POSTs to one URL, one request at a time; what all uplinks over HTTP share. Owned by its
// uplink, called on that uplink's thread only. The only user of curl.h.
//
// Under TLS the connection is kept. Over plain http each request has its own: nothing there ties an
// answer to its request, and one that something on the way says twice would stand for the next
// request, which may never have arrived.
//
// The peer is always verified. Redirects, proxies of the environment and name lookups of libcurl
// are off. Waits end with their deadline, or within 100 ms of a stop request; an answer that is
// longer than what may be kept is cut, and its status counts.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "core/stop.h"
#include "transport/resolver.h"
#include "uplink/http_peer.h"

namespace fieldweir {

class HttpPost {
 public:
  /// `headers`: of every request, "Name: value". `keep`: bytes of an answer that are kept.
  HttpPost(const HttpPeer& peer, const std::vector<std::string>& headers, std::size_t keep,
           const Clock& clock, Resolver& resolver);
  ~HttpPost();

  /// Looks the name up, as each request does again; connecting itself is part of the first.
  Result<> connect(Time deadline, const Stop& stop);

  struct Answer {
    long status = 0;
    std::string_view body;     // valid until the next request
    Duration retry_after = 0;  // at most 15 min
    std::optional<Time> date;  // what the far end's clock said
  };
  static constexpr std::size_t most_own_headers = 3;
  /// One request; `own`: its headers beside those of every request. Errors: no answer came
  /// (unreachable, timeout), TLS failed (refused), stopped.
  Result<Answer> post(std::string_view body, std::span<std::string> own, Time deadline,
                      const Stop& stop);

  /// Whether a byte of the last request left.
  bool left() const;

  /// The next request opens a connection of its own.
  void close();

 private:
  struct Transfer;
  const HttpPeer& peer_;
  const Clock& clock_;
  Resolver& resolver_;
  Resolver::Address address_;  // that libcurl was told
  const std::unique_ptr<Transfer> transfer_;
};

/// What a far end said, as one short line for a log.
FixedText<96> one_line(std::string_view body);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7), without the obsolete forms. Pure.
std::optional<Time> parse_http_date(std::string_view text);

}  // namespace fieldweir
