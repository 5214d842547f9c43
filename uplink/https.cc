#include "uplink/https.h"

#include <algorithm>
#include <new>

#include "uplink/curl.h"
#include "uplink/formats/format.h"
#include "uplink/gzip.h"
#include "uplink/http_status.h"
#include "uplink/identity.h"

namespace fieldweir {
namespace {

struct Answer {
  static constexpr std::size_t most = 64 * 1024;
  std::size_t received = 0;
  FixedText<96> begin;  // what the far end has to say about a refusal

  /// CURLOPT_WRITEFUNCTION; less than it was given ends the transfer.
  static std::size_t take(char* bytes, std::size_t, std::size_t size, void* answer) {
    auto& self = *static_cast<Answer*>(answer);
    if (self.received == 0) {
      // one line for the log, whatever was sent
      std::replace_if(
          bytes, bytes + size, [](unsigned char c) { return c < 0x20; }, ' ');
      self.begin.assign({bytes, size});
    }
    self.received += size;
    return self.received <= most ? size : 0;
  }
};

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

class Https final : public Uplink {
 public:
  Https(const HttpsSettings& settings, const UplinkContext& context);
  ~Https() override;

  Result<> connect(Time deadline, const Stop& stop) override;
  Sent send(std::span<const Message> window, Time deadline, const Stop& stop) override;
  void close() override { curl().easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L); }
  std::size_t in_flight_limit() const override { return 1; }
  Duration patience() const override { return link_.timeout; }

 private:
  void set_options();
  void set_request(const Message& message);
  CURLcode perform(Time deadline, const Stop& stop);
  Sent judge(CURLcode code);

  const HttpsLink& link_;
  const Clock& clock_;
  Resolver& resolver_;
  std::unique_ptr<Gzip> gzip_;  // if compressing
  CURL* const easy_;
  CURLM* const multi_;
  curl_slist* headers_ = nullptr;   // equal for all requests
  curl_slist* resolved_ = nullptr;  // "host:port:address"
  char key_[256];                   // "Idempotency-Key: ..."
  curl_slist key_header_{};         // the list that requests use: key_, then headers_
  char error_[CURL_ERROR_SIZE];
  Answer answer_;
};

Https::Https(const HttpsSettings& settings, const UplinkContext& context)
    : link_(settings.https),
      clock_(context.clock),
      resolver_(context.resolver),
      gzip_(settings.compress == "gzip" ? std::make_unique<Gzip>() : nullptr),
      easy_(curl().easy_init()),
      multi_(curl().multi_init()) {
  if (easy_ == nullptr || multi_ == nullptr) throw std::bad_alloc();
  resolver_.expect(link_.url.host);
  const Format& format = find_format(settings.format);
  const auto header = [this](const std::string& line) {
    headers_ = curl().slist_append(headers_, line.c_str());
  };
  header("Content-Type: " + std::string(format.content_type));
  header("Expect:");  // no round trip before large bodies
  if (gzip_) header("Content-Encoding: gzip");
  if (!link_.token.empty())
    header("Authorization: " + std::string(format.token_scheme) + " " + link_.token);
  key_header_ = {key_, headers_};
  set_options();
}

Https::~Https() {
  curl().easy_cleanup(easy_);
  curl().multi_cleanup(multi_);
  curl().slist_free_all(headers_);
  curl().slist_free_all(resolved_);
}

void Https::set_options() {
  curl().multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 1L);
  const auto set = [this](CURLoption option, auto value) {
    curl().easy_setopt(easy_, option, value);
  };
  set(CURLOPT_URL, link_.url.text.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // whatever the environment says
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);  // bytes per second: a long timeout is not for dead links
  set(CURLOPT_LOW_SPEED_TIME, 30L);
  set(CURLOPT_MAXLIFETIME_CONN, 600L);  // so that a new address of the far end comes into use
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CAINFO, link_.ca.c_str());
  if (!link_.certificate.empty()) {
    set(CURLOPT_SSLCERT, link_.certificate.c_str());
    set(CURLOPT_SSLKEY, link_.key.c_str());
  }
  set(CURLOPT_USERAGENT, "fieldweir");
  set(CURLOPT_POST, 1L);
  set(CURLOPT_HTTPHEADER, &key_header_);
  set(CURLOPT_ERRORBUFFER, error_);
  set(CURLOPT_WRITEFUNCTION, &Answer::take);
  set(CURLOPT_WRITEDATA, &answer_);
}

/// Connecting itself is part of the first request.
Result<> Https::connect(Time deadline, const Stop& stop) {
  const auto address = resolver_.resolve(link_.url.host, deadline, stop);
  if (!address) return address.error();
  const std::string entry = link_.url.host + ":" + std::to_string(link_.url.port) + ":" +
                            std::string(address.value().view());
  curl_slist* const fresh = curl().slist_append(nullptr, entry.c_str());
  curl().easy_setopt(easy_, CURLOPT_RESOLVE, fresh);
  curl().slist_free_all(std::exchange(resolved_, fresh));
  return {};
}

Sent Https::send(std::span<const Message> window, Time deadline, const Stop& stop) {
  if (window.empty()) return {};
  set_request(window.front());
  const CURLcode code = perform(deadline, stop);
  if (stop.requested() && code != CURLE_OK)
    return {.verdict = Verdict::retry, .why = error(Reason::stopped, "stopped")};
  return judge(code);
}

void Https::set_request(const Message& message) {
  char identity[identity_max];
  std::snprintf(key_, sizeof key_, "Idempotency-Key: %s", write_identity(message, identity).data());
  const std::string_view body = gzip_ ? gzip_->compress(message.body) : message.body;
  curl().easy_setopt(easy_, CURLOPT_POSTFIELDS, body.data());
  curl().easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  answer_ = {};
  error_[0] = '\0';
}

/// One transfer, until it ends, its time is over, or a stop is requested.
CURLcode Https::perform(Time deadline, const Stop& stop) {
  const Duration left = std::clamp<Duration>(deadline - clock_.now(), millisecond, link_.timeout);
  curl().easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(left / millisecond));
  curl().multi_add_handle(multi_, easy_);
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  curl_waitfd stopping{.fd = stop.descriptor(), .events = CURL_WAIT_POLLIN, .revents = 0};
  for (int running = 1; running > 0 && !stop.requested();) {
    if (curl().multi_perform(multi_, &running) != CURLM_OK) break;
    if (running > 0) curl().multi_poll(multi_, &stopping, 1, 1000, nullptr);
  }
  int queued = 0;
  while (const CURLMsg* message = curl().multi_info_read(multi_, &queued))
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  // a transfer that has not ended loses its connection here
  curl().multi_remove_handle(multi_, easy_);
  curl().easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 0L);
  return code;
}

Sent Https::judge(CURLcode code) {
  long status = 0;
  curl().easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  // the status was there before the body became too long to be read
  const bool answered = code == CURLE_OK || (code == CURLE_WRITE_ERROR && status != 0);
  if (!answered) {
    const char* text = error_[0] != '\0' ? error_ : curl().easy_strerror(code);
    return {.verdict = Verdict::retry, .why = error(reason_of(code), "%s", text)};
  }
  const HttpMeaning meaning = meaning_of(status);
  if (meaning.verdict == Verdict::ok) return {.safe = 1};
  curl_off_t wait = 0;  // Retry-After; curl turns a date into seconds
  curl().easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &wait);
  constexpr curl_off_t longest = 15 * 60;
  return {.verdict = meaning.verdict,
          .at = clock_.now() + std::clamp<curl_off_t>(wait, 0, longest) * second,
          .why = error(meaning.reason, "HTTP status %ld: %.*s", status,
                       static_cast<int>(answer_.begin.size()), answer_.begin.view().data())};
}

std::unique_ptr<Uplink> make(const UplinkSettings& settings, const UplinkContext& context) {
  return std::make_unique<Https>(static_cast<const HttpsSettings&>(settings), context);
}

const std::vector<config::FieldInfo>& infos() { return https_fields().infos(); }

}  // namespace

UplinkKind https_uplink() { return {"https", read_https, make, infos}; }

}  // namespace fieldweir
