#include "uplink/http_post.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <new>
#include <utility>

#include "core/check.h"
#include "uplink/curl.h"

namespace fieldweir {
namespace {

constexpr std::size_t most_read = 64 * 1024;  // of an answer of which nobody wants more

Reason reason_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Reason::timeout;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
      return Reason::refused;
    default:
      return Reason::unreachable;
  }
}

}  // namespace

/// libcurl's side of it.
struct HttpPost::Transfer {
  Transfer(const HttpPeer& peer, const std::vector<std::string>& headers, std::size_t keep);
  ~Transfer();

  void set_options(const HttpPeer& peer);
  void set_request(std::string_view body, std::span<std::string> own);
  CURLcode perform(Duration longest, const Stop& stop);
  bool answered(CURLcode code) const;
  Answer answer() const;

  /// CURLOPT_WRITEFUNCTION; less than it was given ends the transfer.
  static std::size_t take(char* bytes, std::size_t, std::size_t size, void* transfer) {
    auto& self = *static_cast<Transfer*>(transfer);
    const std::size_t kept = std::min(size, self.kept.size() - self.kept_size);
    std::copy_n(bytes, kept, self.kept.begin() + static_cast<std::ptrdiff_t>(self.kept_size));
    self.kept_size += kept;
    self.received += size;
    return self.received <= std::max(most_read, self.kept.size()) ? size : 0;
  }

  CURL* const easy;
  CURLM* const multi;
  curl_slist* headers = nullptr;                           // equal for all requests
  curl_slist* resolved = nullptr;                          // "host:port:address"
  std::array<curl_slist, most_own_headers> own_headers{};  // before them, of the present request
  char error[CURL_ERROR_SIZE] = "";
  std::size_t received = 0;  // of the present answer
  std::size_t kept_size = 0;
  std::vector<char> kept;
};

HttpPost::Transfer::Transfer(const HttpPeer& peer, const std::vector<std::string>& lines,
                             std::size_t keep)
    : easy(curl().easy_init()), multi(curl().multi_init()), kept(keep) {
  if (easy == nullptr || multi == nullptr) throw std::bad_alloc();
  for (const std::string& line : lines) headers = curl().slist_append(headers, line.c_str());
  headers = curl().slist_append(headers, "Expect:");  // no round trip before large bodies
  if (!peer.url.tls) headers = curl().slist_append(headers, "Connection: close");
  set_options(peer);
}

HttpPost::Transfer::~Transfer() {
  curl().easy_cleanup(easy);
  curl().multi_cleanup(multi);
  curl().slist_free_all(headers);
  curl().slist_free_all(resolved);
}

void HttpPost::Transfer::set_options(const HttpPeer& peer) {
  curl().multi_setopt(multi, CURLMOPT_MAXCONNECTS, 1L);
  const auto set = [this](CURLoption option, auto value) {
    curl().easy_setopt(easy, option, value);
  };
  set(CURLOPT_URL, peer.url.text.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // whatever the environment says
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);  // bytes per second: a long timeout is not for dead links
  set(CURLOPT_LOW_SPEED_TIME, 30L);
  set(CURLOPT_FORBID_REUSE, peer.url.tls ? 0L : 1L);
  set(CURLOPT_MAXLIFETIME_CONN, 600L);  // so that a new address of the far end comes into use
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CAINFO, peer.ca.c_str());
  if (!peer.certificate.empty()) {
    set(CURLOPT_SSLCERT, peer.certificate.c_str());
    set(CURLOPT_SSLKEY, peer.key.c_str());
  }
  set(CURLOPT_USERAGENT, "fieldweir");
  set(CURLOPT_POST, 1L);
  set(CURLOPT_ERRORBUFFER, error);
  set(CURLOPT_WRITEFUNCTION, &Transfer::take);
  set(CURLOPT_WRITEDATA, this);
}

void HttpPost::Transfer::set_request(std::string_view body, std::span<std::string> own) {
  FIELDWEIR_CHECK(own.size() <= own_headers.size());
  curl_slist* list = headers;
  for (std::size_t i = 0; i < own.size(); ++i) {
    own_headers[i] = {own[i].data(), list};
    list = &own_headers[i];
  }
  curl().easy_setopt(easy, CURLOPT_HTTPHEADER, list);
  curl().easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  curl().easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  received = kept_size = 0;
  error[0] = '\0';
}

/// One transfer, until it ends, its time is over, or a stop is requested.
CURLcode HttpPost::Transfer::perform(Duration longest, const Stop& stop) {
  curl().easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(longest / millisecond));
  curl().multi_add_handle(multi, easy);
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  curl_waitfd stopping{.fd = stop.descriptor(), .events = CURL_WAIT_POLLIN, .revents = 0};
  for (int running = 1; running > 0 && !stop.requested();) {
    if (curl().multi_perform(multi, &running) != CURLM_OK) break;
    if (running > 0) curl().multi_poll(multi, &stopping, 1, 1000, nullptr);
  }
  int queued = 0;
  while (const CURLMsg* message = curl().multi_info_read(multi, &queued))
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  // a transfer that has not ended loses its connection here
  curl().multi_remove_handle(multi, easy);
  curl().easy_setopt(easy, CURLOPT_FRESH_CONNECT, 0L);
  return code;
}

/// The status was there before the body became too long to be read.
bool HttpPost::Transfer::answered(CURLcode code) const {
  return code == CURLE_OK || (code == CURLE_WRITE_ERROR && answer().status != 0);
}

HttpPost::Answer HttpPost::Transfer::answer() const {
  Answer answer{.body = {kept.data(), kept_size}};
  curl().easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_off_t wait = 0;  // Retry-After; curl turns a date into seconds
  curl().easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait);
  constexpr curl_off_t longest = 15 * 60;
  answer.retry_after = std::clamp<curl_off_t>(wait, 0, longest) * second;
  curl_header* date = nullptr;
  if (curl().easy_header(easy, "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK)
    answer.date = parse_http_date(date->value);
  return answer;
}

HttpPost::HttpPost(const HttpPeer& peer, const std::vector<std::string>& headers, std::size_t keep,
                   const Clock& clock, Resolver& resolver)
    : peer_(peer),
      clock_(clock),
      resolver_(resolver),
      transfer_(std::make_unique<Transfer>(peer, headers, keep)) {
  resolver_.expect(peer_.url.host);
}

HttpPost::~HttpPost() = default;

void HttpPost::close() { curl().easy_setopt(transfer_->easy, CURLOPT_FRESH_CONNECT, 1L); }

Result<> HttpPost::connect(Time deadline, const Stop& stop) {
  const auto address = resolver_.resolve(peer_.url.host, deadline, stop);
  if (!address) return address.error();
  // an IPv6 address stands in the URL, and in an entry its colons would mislead
  if (peer_.url.host.find(':') != std::string::npos || address.value() == address_) return {};
  address_ = address.value();
  const std::string entry =
      peer_.url.host + ":" + std::to_string(peer_.url.port) + ":" + std::string(address_.view());
  curl_slist* const fresh = curl().slist_append(nullptr, entry.c_str());
  curl().easy_setopt(transfer_->easy, CURLOPT_RESOLVE, fresh);
  curl().slist_free_all(std::exchange(transfer_->resolved, fresh));
  return {};
}

Result<HttpPost::Answer> HttpPost::post(std::string_view body, std::span<std::string> own,
                                        Time deadline, const Stop& stop) {
  // from the cache: a new address comes into use though the old one still answers
  if (const auto looked_up = connect(deadline, stop); !looked_up) return looked_up.error();
  transfer_->set_request(body, own);
  const Duration left = std::clamp<Duration>(deadline - clock_.now(), millisecond, peer_.timeout);
  const CURLcode code = transfer_->perform(left, stop);
  if (transfer_->answered(code)) return transfer_->answer();
  if (stop.requested()) return error(Reason::stopped, "stopped");
  const char* text = transfer_->error[0] != '\0' ? transfer_->error : curl().easy_strerror(code);
  return error(reason_of(code), "%s", text);
}

bool HttpPost::left() const {
  long bytes = 0;
  curl().easy_getinfo(transfer_->easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

FixedText<96> one_line(std::string_view body) {
  char line[96];
  const std::size_t size = std::min(body.size(), sizeof line);
  std::replace_copy_if(
      body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size), line,
      [](unsigned char c) { return c < 0x20; }, ' ');
  return std::string_view(line, size);
}

std::optional<Time> parse_http_date(std::string_view text) {
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const FixedText<32> line(text);
  char copy[33] = "";
  std::copy_n(line.view().data(), line.size(), copy);
  char name[4] = "";
  int monthday = 0, year = 0, hours = 0, minutes = 0, seconds = 0, read = 0;
  std::sscanf(copy, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &monthday, name, &year,
              &hours, &minutes, &seconds, &read);
  const std::size_t month = months.find(name);
  if (read == 0 || month == months.npos || month % 3 != 0) return std::nullopt;
  using std::chrono::sys_days;
  const auto date = std::chrono::year(year) / static_cast<int>(month / 3 + 1) / monthday;
  if (!date.ok() || year < 1970 || year > 2200) return std::nullopt;
  return sys_days(date).time_since_epoch().count() * day + hours * hour + minutes * minute +
         seconds * second;
}

}  // namespace fieldweir
