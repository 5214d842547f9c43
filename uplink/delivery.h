// Delivery: moves the log to one destination. One per uplink, with a thread of its own.
//
// What is sent next, and where the cursors go, is the feed's part (feed.h). Here is when, and what
// to do about the answers. When the far end fails, the log keeps everything: Delivery closes, waits
// and sends the same window again. If nothing is confirmed for 30 s while connected, it does so of
// its own accord: a connection that looks alive and moves nothing is a failed one.
//
// A message that the far end refuses for ever is cut in halves until the one reading is found that
// is to blame; that is put aside as a dead letter, and all others are delivered. `rate_limit` holds
// back what is not yet handed to the uplink, and takes events first.
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
#include "uplink/feed.h"
#include "uplink/rate_limit.h"
#include "uplink/uplinks.h"
#include "uplink/verdicts.h"

namespace fieldweir {

enum class DeliveryState : std::uint8_t {
  idle,         // nothing tried yet
  connecting,   // tried, and nothing heard from the far end yet
  connected,    //
  limited,      // holds back, for `rate_limit`
  used_up,      // the same, until the next month
  backing_off,  // failed, waits
  paused,       // refused for its credentials or address: probes about once a minute
};
std::string_view to_string(DeliveryState state);

struct DeliveryStatus {
  DeliveryState state = DeliveryState::idle;
  Error last_error;  // reason none: there was none
  Time last_error_time = 0;
  Time last_progress = 0;  // last confirmation
  Time next_attempt = 0;   // while backing off, paused or holding back
  std::size_t in_flight = 0;
  std::uint64_t messages = 0;      // confirmed
  std::uint64_t bytes = 0;         // of their bodies
  std::uint64_t failures = 0;      // of attempts
  std::uint64_t dead_letters = 0;  // put aside
  std::size_t backlog_ranges = 0;  // delivered beside what is new
  std::uint64_t month_bytes = 0;   // with `rate_limit`
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

  bool connect();
  bool attend(Time now);
  bool fill(Time now);
  Time send(Time now);
  Result<bool> take(Time now);
  std::size_t may_be_handed(Time now);
  void count(std::size_t handed, Time now);
  Time respond_to(const Sent& sent, Time now);
  void confirm(std::size_t count, Time now);
  void refuse_front(const Error& why, Time now);
  void close();
  Time fail(const Error& why, Response response, Time at, Time now);
  Time hold_back(Time now);
  Time publish_working();
  Time publish(DeliveryState state, Time next_attempt);

  const std::string name_;
  LogReader& log_;
  const Clock& clock_;
  const Stop& stop_;
  Random random_;
  Backoff backoff_;
  const std::unique_ptr<Uplink> uplink_;
  Feed feed_;
  RateLimit limit_;

  bool connected_ = false;
  bool probing_ = false;    // until something is confirmed, one message at a time
  bool troubled_ = true;    // nothing was confirmed since the start or the last failure
  std::size_t handed_ = 0;  // messages of the window that the uplink was given since connect()
  Time progress_ = 0;       // last confirmation, or begin of the wait for one
  Time next_attempt_ = INT64_MIN;
  Time next_read_ = INT64_MIN;  // after the log failed
  bool unlogged_ = false;       // a failure is news and was not yet logged
  LogLimit failure_limit_, alarm_limit_, refused_limit_, log_limit_;

  DeliveryStatus status_;
  mutable std::mutex publishing_;
  DeliveryStatus published_;
};

}  // namespace fieldweir
