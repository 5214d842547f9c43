#include "uplink/kinesis.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdlib>
#include <utility>

#include "uplink/http_post.h"
#include "uplink/kinesis_body.h"
#include "uplink/kinesis_error.h"

namespace fieldweir {
namespace {

constexpr std::size_t most_records = 500;
constexpr std::size_t most_bytes = 5u << 20;  // data and keys of a request, before base64
constexpr std::size_t record_most = 1u << 20;
constexpr std::size_t key_most = 256;
constexpr std::size_t answer_most = 512 * 1024;
// a shard that refused a record takes another one in the next second
constexpr Duration throttled = 500 * millisecond;
// AWS refuses what was signed more than 5 min before or after its own time
constexpr Duration clock_tolerance = 4 * minute;

class Kinesis final : public Uplink {
 public:
  Kinesis(const KinesisSettings& settings, const UplinkContext& context)
      : target_(settings.kinesis),
        host_(target_.url.host_header()),
        gateway_(context.gateway.substr(0, key_most)),
        clock_(context.clock),
        post_(target_, headers(target_), answer_most, context.clock, context.resolver) {
    chosen_.reserve(most_records);
    answer_.records.reserve(most_records);
  }

  Result<> connect(Time deadline, const Stop& stop) override {
    return post_.connect(deadline, stop);
  }
  Sent send(std::span<const Message> window, Time deadline, const Stop& stop) override;
  void close() override {
    post_.close();
    taken_.reset();
    alone_ = 0;
    resume_ = INT64_MIN;
  }
  std::size_t in_flight_limit() const override { return most_records; }
  Duration patience() const override { return target_.timeout; }

 private:
  static constexpr std::string_view content_type = "application/x-amz-json-1.1";
  static constexpr std::string_view operation = "Kinesis_20131202.PutRecords";

  static std::vector<std::string> headers(const KinesisTarget& target);
  std::string_view key_of(const Message& message) const {
    return message.device.empty() ? std::string_view(gateway_) : message.device.view();
  }
  void choose(std::span<const Message> window);
  bool has_key(std::span<const Message> window, const Message& message) const;
  void write_request(std::span<const Message> window);
  Result<HttpPost::Answer> request(Time deadline, const Stop& stop);
  Sent judge(const HttpPost::Answer& answer);
  Sent judge_records();
  Sent refused(const HttpPost::Answer& answer);
  Error why(Reason reason, std::string_view type) const;
  bool clock_is_wrong(const HttpPost::Answer& answer);

  const KinesisTarget& target_;
  const std::string host_;
  const std::string gateway_;
  const Clock& clock_;
  HttpPost post_;

  // of the window, since connect()
  std::bitset<most_records> taken_;  // behind a record that is not: never the front
  std::size_t alone_ = 0;            // so many from the front go one by one: one of them is poison
  Time resume_ = INT64_MIN;          // after a shard refused

  std::vector<std::size_t> chosen_;  // records of the present request, by place in the window
  std::string body_;                 // grows to the largest request seen
  std::array<std::string, HttpPost::most_own_headers> own_headers_;
  KinesisAnswer answer_;
  Time signed_at_ = 0;
  Duration clock_offset_ = 0;   // what the far end's clock is ahead, if ours is wrong
  bool clock_doubted_ = false;  // and nothing was taken since
};

std::vector<std::string> Kinesis::headers(const KinesisTarget& target) {
  std::vector<std::string> lines = {"Content-Type: " + std::string(content_type),
                                    "X-Amz-Target: " + std::string(operation)};
  if (!target.session_token.empty())
    lines.push_back("X-Amz-Security-Token: " + target.session_token);
  return lines;
}

Sent Kinesis::send(std::span<const Message> window, Time deadline, const Stop& stop) {
  if (window.empty()) return {};
  if (clock_.now() < resume_) return {.verdict = Verdict::again, .at = resume_};
  if (window.front().body.size() > record_most)
    return {.verdict = Verdict::poison, .why = error(Reason::too_large, "larger than 1 MiB")};
  choose(window);
  write_request(window);
  const auto answer = request(deadline, stop);
  if (!answer) return {.verdict = Verdict::retry, .why = answer.error(), .left = post_.left()};
  return judge(answer.value());
}

/// The oldest record of each partition key and lane that is not taken yet. The front always is one.
void Kinesis::choose(std::span<const Message> window) {
  chosen_.clear();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < window.size() && chosen_.size() < most_records; ++i) {
    if (taken_[i] || has_key(window, window[i])) continue;
    bytes += window[i].body.size() + key_of(window[i]).size();
    // nothing may go before one that is too large: it will be the front
    if (!chosen_.empty() && (bytes > most_bytes || window[i].body.size() > record_most)) return;
    chosen_.push_back(i);
    if (alone_ > 0) return;
  }
}

bool Kinesis::has_key(std::span<const Message> window, const Message& message) const {
  return std::ranges::any_of(chosen_, [&](std::size_t i) {
    return window[i].lane == message.lane && key_of(window[i]) == key_of(message);
  });
}

void Kinesis::write_request(std::span<const Message> window) {
  body_.clear();
  begin_put_records(target_.stream, body_);
  for (const std::size_t i : chosen_) add_record(window[i].body, key_of(window[i]), body_);
  end_put_records(body_);
}

Result<HttpPost::Answer> Kinesis::request(Time deadline, const Stop& stop) {
  signed_at_ = clock_.wall() + clock_offset_;
  const FixedText<16> time = aws_time(signed_at_);
  std::vector<AwsRequest::Header> signed_headers = {
      {"content-type", content_type}, {"host", host_}, {"x-amz-date", time}};
  if (!target_.session_token.empty())
    signed_headers.push_back({"x-amz-security-token", target_.session_token});
  signed_headers.push_back({"x-amz-target", operation});
  const AwsRequest request{"POST", "/", "", signed_headers, body_};
  own_headers_[0].assign("Host: ").append(host_);
  own_headers_[1].assign("X-Amz-Date: ").append(time.view());
  own_headers_[2] = "Authorization: " + sign(request, target_, {target_.region, "kinesis", time});
  return post_.post(body_, own_headers_, deadline, stop);
}

Sent Kinesis::judge(const HttpPost::Answer& answer) {
  const bool read = read_kinesis_answer(answer.body, chosen_.size(), answer_);
  if (answer.status != 200) return refused(answer);
  if (read && answer_.records.size() == chosen_.size()) return judge_records();
  return {.verdict = Verdict::retry,
          .why = error(Reason::bad_response, "an answer of %zu bytes without a word on each record",
                       answer.body.size())};
}

/// What was taken is safe when nothing before it is waiting any more.
Sent Kinesis::judge_records() {
  clock_doubted_ = false;
  const KinesisAnswer::Code* refusal = nullptr;
  std::size_t refusals = 0;
  for (std::size_t i = 0; i < chosen_.size(); ++i) {
    const KinesisAnswer::Code& code = answer_.records[i];
    taken_[chosen_[i]] = code.empty();
    if (code.empty()) continue;
    if (refusal == nullptr) refusal = &code;
    ++refusals;
  }
  Sent sent;
  while (sent.safe < taken_.size() && taken_[sent.safe]) ++sent.safe;
  taken_ >>= sent.safe;
  alone_ -= std::min(alone_, sent.safe);
  if (refusal == nullptr) return sent;
  const Meaning meaning = kinesis_meaning(*refusal, 500);  // a record's is never the body's
  sent.why = why(meaning.reason, *refusal);
  if (meaning.verdict == Verdict::pause || refusals == chosen_.size()) {
    sent.verdict = meaning.verdict;
  } else {
    sent.verdict = Verdict::again;
    sent.at = resume_ = clock_.now() + throttled;
  }
  return sent;
}

/// The request as a whole.
Sent Kinesis::refused(const HttpPost::Answer& answer) {
  if (clock_is_wrong(answer)) {
    if (!std::exchange(clock_doubted_, true))
      return {.verdict = Verdict::again, .at = clock_.now()};
    return {
        .verdict = Verdict::retry,
        .why = error(Reason::refused, "our clock is %lld s behind theirs, whose time is used now",
                     static_cast<long long>(clock_offset_ / second))};
  }
  const Meaning meaning = kinesis_meaning(answer_.type, answer.status);
  if (meaning.verdict == Verdict::poison && chosen_.size() > 1) {
    alone_ = chosen_.back() + 1;
    return {.verdict = Verdict::again, .at = clock_.now()};
  }
  return {.verdict = meaning.verdict,
          .at = clock_.now() + answer.retry_after,
          .why = why(meaning.reason, answer_.type)};
}

Error Kinesis::why(Reason reason, std::string_view type) const {
  const std::string_view said = answer_.message.view();
  return error(reason, "%.*s: %.*s", static_cast<int>(type.size()), type.data(),
               static_cast<int>(said.size()), said.data());
}

/// Takes over the far end's clock: the peer is verified, and nothing but the signature uses it.
bool Kinesis::clock_is_wrong(const HttpPost::Answer& answer) {
  if (!answer.date || answer.status >= 500) return false;
  if (std::abs(*answer.date - signed_at_) < clock_tolerance) return false;
  clock_offset_ = *answer.date - clock_.wall();
  return true;
}

std::unique_ptr<Uplink> make(const UplinkSettings& settings, const UplinkContext& context) {
  return std::make_unique<Kinesis>(static_cast<const KinesisSettings&>(settings), context);
}

const std::vector<config::FieldInfo>& infos() { return kinesis_fields().infos(); }

}  // namespace

UplinkKind kinesis_uplink() {
  // a request of usual batches in base64, and the longest answer
  constexpr std::size_t keeps = (1u << 20) + answer_most;
  return {"kinesis", read_kinesis, make, infos, keeps};
}

}  // namespace fieldweir
