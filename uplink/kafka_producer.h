// KafkaProducer: one idempotent producer of librdkafka, and what became of the records it was
// given. Owned by its uplink. Records are given and taken back on the uplink's thread; delivery
// reports and errors arrive on a thread of the library, which writes them down under a short lock
// and rings the doorbell. Bounded by the library's queue limits and by `capacity` records.
#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/worker.h"
#include "uplink/rdkafka.h"

namespace fieldweir {

class KafkaProducer {
 public:
  using Options = std::vector<std::pair<std::string, std::string>>;
  struct Record {
    std::string_view key;
    std::string_view identity;
    std::string_view content_type;
    std::string_view body;  // copied
  };
  struct Failure {
    rd_kafka_resp_err_t code;
    Error why;
  };

  KafkaProducer(const Options& options, std::string topic, std::size_t capacity,
                Doorbell& doorbell);
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  /// At most `capacity` may be neither taken nor forgotten.
  std::optional<Failure> produce(const Record& record);

  /// Takes confirmed records from the front, in the order they were produced; how many.
  std::size_t take_confirmed();

  /// Why the record now at the front failed.
  std::optional<Failure> failure() const;

  /// What stands in the way of all of them, as far as the library knows.
  std::optional<Failure> trouble() const;

  /// Whether it will never produce again.
  bool broken() const;

  /// Takes back all records; what was sent already may still arrive.
  void forget();

 private:
  enum class Fate : std::uint8_t { open, confirmed, failed };
  struct Waiting {
    Fate fate = Fate::open;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  };

  static void on_event(rd_kafka_t* handle, rd_kafka_event_t* event, void* producer);
  void on_report(const rd_kafka_message_t& message);
  void on_error(rd_kafka_t* handle, rd_kafka_resp_err_t code, const char* text);

  const std::string topic_;
  Doorbell& doorbell_;
  rd_kafka_t* handle_ = nullptr;

  mutable std::mutex mutex_;
  // All below: under the lock. Records are numbered, so that reports of forgotten ones are told
  // from those that are waited for.
  std::vector<Waiting> waiting_;
  std::uintptr_t first_ = 0;  // number of the front
  std::optional<Failure> trouble_;
  Error detail_;  // the last error of a single broker, which says more than "all are down"
  bool broken_ = false;
};

}  // namespace fieldweir
