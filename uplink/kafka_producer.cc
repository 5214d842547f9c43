#include "uplink/kafka_producer.h"

#include <stdexcept>

#include "core/check.h"
#include "uplink/kafka_error.h"

namespace fieldweir {
namespace {

rd_kafka_conf_t* configuration(const KafkaProducer::Options& options) {
  rd_kafka_conf_t* const made = rdkafka().conf_new();
  char why[256];
  for (const auto& [name, value] : options)
    if (rdkafka().conf_set(made, name.c_str(), value.c_str(), why, sizeof why) !=
        RD_KAFKA_CONF_OK) {
      rdkafka().conf_destroy(made);
      throw std::runtime_error(std::string("librdkafka: ") + why);
    }
  return made;
}

rd_kafka_vu_t piece(rd_kafka_vtype_t type, std::string_view bytes) {
  rd_kafka_vu_t made{};
  made.vtype = type;
  made.u.mem = {const_cast<char*>(bytes.data()), bytes.size()};
  return made;
}

void add(rd_kafka_headers_t* headers, const char* name, std::string_view value) {
  rdkafka().header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
}

}  // namespace

KafkaProducer::KafkaProducer(const Options& options, std::string topic, std::size_t capacity,
                             Doorbell& doorbell)
    : topic_(std::move(topic)), doorbell_(doorbell) {
  waiting_.reserve(capacity);
  rd_kafka_conf_t* const conf = configuration(options);
  rdkafka().conf_set_opaque(conf, this);
  rdkafka().conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  rdkafka().conf_set_background_event_cb(conf, &KafkaProducer::on_event);
  rdkafka().conf_set_log_cb(conf, nullptr);  // what matters comes as an event
  char why[256];
  handle_ = rdkafka().create(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (handle_ == nullptr) {
    rdkafka().conf_destroy(conf);
    throw std::runtime_error(std::string("librdkafka: ") + why);
  }
  rd_kafka_queue_t* const events = rdkafka().queue_get_main(handle_);
  rd_kafka_queue_t* const served = rdkafka().queue_get_background(handle_);
  rdkafka().queue_forward(events, served);
  rdkafka().queue_destroy(served);
  rdkafka().queue_destroy(events);
}

KafkaProducer::~KafkaProducer() {
  forget();
  rdkafka().destroy(handle_);
}

std::optional<KafkaProducer::Failure> KafkaProducer::produce(const Record& record) {
  rd_kafka_vu_t topic{};
  topic.vtype = RD_KAFKA_VTYPE_TOPIC;
  topic.u.cstr = topic_.c_str();
  rd_kafka_vu_t flags{};
  flags.vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  flags.u.i = RD_KAFKA_MSG_F_COPY;
  rd_kafka_vu_t number{};
  number.vtype = RD_KAFKA_VTYPE_OPAQUE;
  {
    const std::scoped_lock lock(mutex_);
    FIELDWEIR_CHECK(waiting_.size() < waiting_.capacity());
    number.u.ptr = reinterpret_cast<void*>(first_ + waiting_.size());
    waiting_.emplace_back();  // its report may come before produceva returns
  }
  // not as single pieces: where produceva fails, 2.0.2 frees those twice
  rd_kafka_vu_t headers{};
  headers.vtype = RD_KAFKA_VTYPE_HEADERS;
  headers.u.headers = rdkafka().headers_new(2);
  add(headers.u.headers, "idempotency-key", record.identity);
  add(headers.u.headers, "content-type", record.content_type);
  const rd_kafka_vu_t pieces[] = {topic,
                                  flags,
                                  number,
                                  piece(RD_KAFKA_VTYPE_KEY, record.key),
                                  piece(RD_KAFKA_VTYPE_VALUE, record.body),
                                  headers};
  rd_kafka_error_t* const refused = rdkafka().produceva(handle_, pieces, std::size(pieces));
  if (refused == nullptr) return std::nullopt;
  rdkafka().headers_destroy(headers.u.headers);
  const rd_kafka_resp_err_t code = rdkafka().error_code(refused);
  rdkafka().error_destroy(refused);
  const std::scoped_lock lock(mutex_);
  waiting_.pop_back();
  return Failure{code, error(meaning_of(code).reason, "%s", rdkafka().err2str(code))};
}

std::size_t KafkaProducer::take_confirmed() {
  const std::scoped_lock lock(mutex_);
  std::size_t count = 0;
  while (count < waiting_.size() && waiting_[count].fate == Fate::confirmed) ++count;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  first_ += count;
  return count;
}

std::optional<KafkaProducer::Failure> KafkaProducer::failure() const {
  const std::scoped_lock lock(mutex_);
  if (waiting_.empty() || waiting_.front().fate != Fate::failed) return std::nullopt;
  const rd_kafka_resp_err_t code = waiting_.front().code;
  return Failure{code, error(meaning_of(code).reason, "%s", rdkafka().err2str(code))};
}

std::optional<KafkaProducer::Failure> KafkaProducer::trouble() const {
  const std::scoped_lock lock(mutex_);
  return trouble_;
}

bool KafkaProducer::broken() const {
  const std::scoped_lock lock(mutex_);
  return broken_;
}

void KafkaProducer::forget() {
  {
    const std::scoped_lock lock(mutex_);
    first_ += waiting_.size();
    waiting_.clear();
    if (!broken_) trouble_.reset();
  }
  rdkafka().purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

void KafkaProducer::on_event(rd_kafka_t* handle, rd_kafka_event_t* event, void* producer) {
  auto& self = *static_cast<KafkaProducer*>(producer);
  if (rdkafka().event_type(event) == RD_KAFKA_EVENT_DR) {
    while (const rd_kafka_message_t* message = rdkafka().event_message_next(event))
      self.on_report(*message);
    self.doorbell_.ring();
  } else if (rdkafka().event_type(event) == RD_KAFKA_EVENT_ERROR) {
    self.on_error(handle, rdkafka().event_error(event), rdkafka().event_error_string(event));
    self.doorbell_.ring();
  }
  rdkafka().event_destroy(event);
}

void KafkaProducer::on_report(const rd_kafka_message_t& message) {
  const std::scoped_lock lock(mutex_);
  // of those forgotten it is huge
  const std::size_t place = reinterpret_cast<std::uintptr_t>(message._private) - first_;
  if (place >= waiting_.size()) return;
  const bool confirmed = message.err == RD_KAFKA_RESP_ERR_NO_ERROR;
  waiting_[place] = {confirmed ? Fate::confirmed : Fate::failed, message.err};
  if (confirmed && !broken_) trouble_.reset();
}

void KafkaProducer::on_error(rd_kafka_t* handle, rd_kafka_resp_err_t code, const char* text) {
  char fatal[256] = "";
  const bool is_fatal = code == RD_KAFKA_RESP_ERR__FATAL;
  if (is_fatal) {
    code = rdkafka().fatal_error(handle, fatal, sizeof fatal);
    text = fatal;
  }
  const Meaning meaning = meaning_of(code);
  const std::scoped_lock lock(mutex_);
  broken_ = broken_ || is_fatal;
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) detail_ = error(meaning.reason, "%s", text);
  // one broker of several that cannot be reached is the library's business
  if (is_fatal || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || meaning.verdict == Verdict::pause)
    trouble_ =
        Failure{code, detail_.reason == Reason::none ? error(meaning.reason, "%s", text) : detail_};
}

}  // namespace fieldweir
