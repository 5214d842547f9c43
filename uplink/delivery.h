// Delivery: moves the log to one destination. One per uplink, with a thread of its own.
//
// It reads lane after lane (events before telemetry), keeps what `send` selects, encodes each batch
// once, keeps a window of messages in flight, and moves the cursor from the front only. A batch of
// which nothing is selected is acknowledged without being sent and is nobody's `prev`; gap marks
// are always sent. Equal positions give equal bytes when sent again, across restarts too.
//
// When the far end fails, the log keeps everything: Delivery closes, waits and sends the same
// window again. If nothing is confirmed for 30 s while connected, it does so of its own accord: a
// connection that looks alive and moves nothing is a failed one.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/backoff.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory_plan.h"
#include "uplink/formats/format.h"
#include "uplink/in_flight.h"
#include "uplink/parts.h"
#include "uplink/selection.h"
#include "uplink/uplinks.h"
#include "uplink/verdicts.h"

namespace fieldweir {

enum class DeliveryState : std::uint8_t {
  idle,         // not connected, nothing tried yet
  connected,    //
  backing_off,  // failed, waits
  paused,       // refused for its credentials or address: probes about once a minute
};
std::string_view to_string(DeliveryState state);

struct DeliveryStatus {
  DeliveryState state = DeliveryState::idle;
  Error last_error;  // reason none: there was none
  Time last_error_time = 0;
  Time last_progress = 0;  // last confirmation
  Time next_attempt = 0;   // while backing off or paused
  std::array<Position, lane_count> acknowledged;
  std::size_t in_flight = 0;
  std::uint64_t messages = 0;      // confirmed
  std::uint64_t bytes = 0;         // of their bodies
  std::uint64_t failures = 0;      // of attempts
  std::uint64_t dead_letters = 0;  // messages
};

class Delivery final : public Worker {
 public:
  /// Makes the uplink, which may ring the bell that it is given.
  using Make = std::function<std::unique_ptr<Uplink>(Doorbell&)>;

  /// `rows`: the most readings of a batch. Everything borrowed outlives the delivery.
  Delivery(const UplinkSettings& settings, std::string gateway, std::size_t rows, const Make& make,
           LogReader& log, const Clock& clock, const Stop& stop, Random random);

  static void add_to(MemoryPlan& memory, const UplinkSettings& settings, std::string_view gateway,
                     std::size_t rows);

  std::string_view name() const override { return name_; }
  Time turn(Time now) override;
  Duration longest_turn() const override;

  /// Any thread.
  DeliveryStatus status() const;

 private:
  static constexpr Duration stuck_after = 30 * second;
  static constexpr Duration after_log_error = second;
  static constexpr Duration glance = 10 * millisecond;
  static constexpr int batches_per_turn = 64;

  struct LaneState {
    Position read;               // last batch taken from the log
    Position sent;               // last batch that became a message: the next one's `prev`
    std::size_t ahead = 0;       // batches read and not acknowledged: the log bounds them
    LogReader::Outcome outcome;  // of the parts of a batch that are done with, before all are
  };
  LaneState& lane(Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }

  bool connect();
  bool fill(Time now);
  bool read_next(Time now);
  bool encode(Time now);
  bool encode_part(Time now);
  void skip(LogReader::Outcome outcome);
  Time send();
  Time respond_to(const Sent& sent, Time now);
  void confirm(std::size_t count, Time now);
  void refuse_front(const Error& why, Time now);
  void pop_front(LogReader::Outcome outcome);
  void acknowledge(Lane lane, LogReader::Cursor cursor, LogReader::Outcome outcome);
  Time fail(const Error& why, Response response, Time at, Time now);
  Time publish(DeliveryState state, Time next_attempt);

  const std::string name_;
  const std::string gateway_;
  const Format& format_;
  LogReader& log_;
  const Clock& clock_;
  const Stop& stop_;
  Random random_;
  Backoff backoff_;
  Selection selection_;
  const std::unique_ptr<Uplink> uplink_;
  InFlight in_flight_;
  std::array<LaneState, lane_count> lanes_;

  DecodedBatch batch_;              // the one being read, sent or refused
  Parts parts_;                     // of it that are not yet in flight
  bool waiting_ = false;            // it is read and selected, but had no room in flight
  std::uint64_t not_selected_ = 0;  // of its readings

  bool connected_ = false;
  bool probing_ = false;  // until something is confirmed, one message at a time
  bool troubled_ = true;  // nothing was confirmed since the start or the last failure
  Time progress_ = 0;     // last confirmation, or begin of the wait for one
  Time next_attempt_ = INT64_MIN;
  Time next_read_ = INT64_MIN;  // after the log failed
  bool unlogged_ = false;       // a failure is news and was not yet logged
  LogLimit failure_limit_, alarm_limit_, refused_limit_, log_limit_;

  DeliveryStatus status_;
  mutable std::mutex publishing_;
  DeliveryStatus published_;
};

}  // namespace fieldweir
