#include "uplink/https.h"

#include <algorithm>

#include "uplink/formats/format.h"
#include "uplink/gzip.h"
#include "uplink/http_post.h"
#include "uplink/http_status.h"
#include "uplink/identity.h"
#include "uplink/lines.h"
#include "uplink/zstd.h"

namespace fieldweir {
namespace {

constexpr std::size_t kept_of_an_answer = 96;  // what the far end has to say about a refusal

std::vector<std::string> headers(const HttpsSettings& settings) {
  const Format& format = find_format(settings.format);
  const bool several = settings.https.batches > 1;
  std::vector<std::string> lines = {"Content-Type: " +
                                    std::string(several ? format.lines_type : format.content_type)};
  if (settings.compress != "none") lines.push_back("Content-Encoding: " + settings.compress);
  if (!settings.https.token.empty())
    lines.push_back("Authorization: " + std::string(format.token_scheme) + " " +
                    settings.https.token);
  return lines;
}

class Https final : public Uplink {
 public:
  Https(const HttpsSettings& settings, const UplinkContext& context)
      : link_(settings.https),
        clock_(context.clock),
        gzip_(settings.compress == "gzip" ? std::make_unique<Gzip>() : nullptr),
        zstd_(settings.compress == "zstd" ? std::make_unique<Zstd>() : nullptr),
        lines_(static_cast<std::size_t>(link_.batches)),
        post_(link_, headers(settings), kept_of_an_answer, context.clock, context.resolver) {}

  Result<> connect(Time deadline, const Stop& stop) override {
    return post_.connect(deadline, stop);
  }
  Sent send(std::span<const Message> window, Time deadline, const Stop& stop) override;
  void close() override { post_.close(); }
  std::size_t in_flight_limit() const override { return static_cast<std::size_t>(link_.batches); }
  Duration patience() const override { return link_.timeout; }

 private:
  const HttpsLink& link_;
  const Clock& clock_;
  std::unique_ptr<Gzip> gzip_;  // of both one at most
  std::unique_ptr<Zstd> zstd_;
  Lines lines_;
  HttpPost post_;
  std::string key_;  // "Idempotency-Key: ...", reused
};

Sent Https::send(std::span<const Message> window, Time deadline, const Stop& stop) {
  if (window.empty()) return {};
  std::string_view body = lines_.join(window);
  if (gzip_) body = gzip_->compress(body);
  if (zstd_) body = zstd_->compress(body);
  char identity[identity_max];
  key_.assign("Idempotency-Key: ").append(write_identity(window.front(), identity));
  // which batches go together may change when they come again: then each names itself
  const std::size_t keys = lines_.count() == 1 ? 1 : 0;
  const auto answer = post_.post(body, {&key_, keys}, deadline, stop);
  if (!answer) return {.verdict = Verdict::retry, .why = answer.error(), .left = post_.left()};
  const long status = answer.value().status;
  const Meaning meaning = meaning_of(status);
  if (meaning.verdict == Verdict::ok) {
    lines_.taken();
    return {.safe = lines_.count()};
  }
  if (meaning.verdict == Verdict::poison && !lines_.refused())
    return {.verdict = Verdict::again, .at = clock_.now()};
  const FixedText<96> said = one_line(answer.value().body);
  return {.verdict = meaning.verdict,
          .at = clock_.now() + answer.value().retry_after,
          .why = error(meaning.reason, "HTTP status %ld%s%.*s", status, said.empty() ? "" : ": ",
                       static_cast<int>(said.size()), said.view().data())};
}

std::unique_ptr<Uplink> make(const UplinkSettings& settings, const UplinkContext& context) {
  return std::make_unique<Https>(static_cast<const HttpsSettings&>(settings), context);
}

const std::vector<config::FieldInfo>& infos() { return https_fields().infos(); }

}  // namespace

UplinkKind https_uplink() {
  return {"https", read_https, make, infos, std::max(Gzip::bytes, Zstd::bytes) + Lines::most_bytes};
}

}  // namespace fieldweir
