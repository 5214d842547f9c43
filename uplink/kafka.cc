#include "uplink/kafka.h"

#include <exception>
#include <optional>

#include "uplink/formats/format.h"
#include "uplink/identity.h"
#include "uplink/kafka_error.h"
#include "uplink/kafka_producer.h"

namespace fieldweir {
namespace {

class Kafka final : public Uplink {
 public:
  Kafka(const KafkaSettings& settings, const UplinkContext& context)
      : options_(kafka_options(settings, context.gateway)),
        topic_(settings.kafka.topic),
        gateway_(context.gateway),
        content_type_(find_format(settings.format).content_type),
        clock_(context.clock),
        doorbell_(context.doorbell) {
    make_producer();
  }

  /// The library connects by itself, and goes on trying by itself.
  Result<> connect(Time, const Stop&) override {
    close();
    progress_ = clock_.now();
    if (producer_ && !producer_->broken()) return {};
    try {
      make_producer();
      return {};
    } catch (const std::exception& why) {
      return error(Reason::not_connected, "%s", why.what());
    }
  }

  Sent send(std::span<const Message> window, Time, const Stop&) override {
    Sent sent{.at = never};
    sent.safe = producer_->take_confirmed();
    if (sent.safe > 0 || produced_ == 0) progress_ = clock_.now();
    produced_ -= sent.safe;
    if (const auto failure = producer_->failure()) return failed(sent, *failure);
    if (const auto trouble = producer_->trouble(); trouble && produced_ > 0) {
      // a connection that was merely idle is opened again meanwhile
      const Time enough = progress_ + reconnecting;
      if (clock_.now() >= enough) return failed(sent, *trouble);
      sent.at = enough;
    }
    const std::span<const Message> waiting = window.subspan(sent.safe);
    for (; produced_ < waiting.size(); ++produced_) {
      const auto failure = produce(waiting[produced_]);
      if (!failure) continue;
      if (failure->code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {  // of records that were taken back
        sent.at = clock_.now() + 10 * millisecond;
        sent.verdict = Verdict::again;
        return sent;
      }
      // what stands before it has its answers to come
      if (produced_ == 0) return failed(sent, *failure);
      break;
    }
    sent.verdict = sent.safe > 0 || produced_ == 0 ? Verdict::ok : Verdict::again;
    return sent;
  }

  void close() override {
    if (producer_) producer_->forget();
    produced_ = 0;
  }

  std::size_t in_flight_limit() const override { return capacity; }
  Duration patience() const override { return 5 * second; }

 private:
  static constexpr std::size_t capacity = 100;
  static constexpr Duration reconnecting = 2 * second;

  void make_producer() {
    producer_.reset();
    producer_ = std::make_unique<KafkaProducer>(options_, topic_, capacity, doorbell_);
  }

  std::optional<KafkaProducer::Failure> produce(const Message& message) {
    char identity[identity_max];
    return producer_->produce({.key = message.device.empty() ? gateway_ : message.device.view(),
                               .identity = write_identity(message, identity),
                               .content_type = content_type_,
                               .body = message.body});
  }

  static Sent failed(Sent sent, const KafkaProducer::Failure& failure) {
    sent.verdict = meaning_of(failure.code).verdict;
    sent.at = 0;
    sent.why = failure.why;
    return sent;
  }

  const KafkaProducer::Options options_;
  const std::string topic_;
  const std::string gateway_;
  const std::string_view content_type_;
  const Clock& clock_;
  Doorbell& doorbell_;
  std::unique_ptr<KafkaProducer> producer_;
  Time progress_ = 0;         // last confirmation, or begin of the wait for one
  std::size_t produced_ = 0;  // of the window's front, since connect(), not yet reported safe
};

std::unique_ptr<Uplink> make(const UplinkSettings& settings, const UplinkContext& context) {
  return std::make_unique<Kafka>(static_cast<const KafkaSettings&>(settings), context);
}

const std::vector<config::FieldInfo>& infos() { return kafka_fields().infos(); }

}  // namespace

UplinkKind kafka_uplink() {
  // its queue, its receive buffer, its threads: see kafka_options
  constexpr std::size_t keeps = (4 + 1 + 1) << 20;
  return {"kafka", read_kafka, make, infos, keeps};
}

}  // namespace fieldweir
