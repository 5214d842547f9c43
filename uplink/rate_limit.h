// RateLimit: how much an uplink may send, for links that are narrow or paid by volume. A value type
// of the delivery worker.
//
// Counted are the bodies of messages, each time that they are handed to the uplink, before it
// compresses them, and without what the protocol adds. The month is that of UTC by the system's
// clock once that is synchronised, and not by gateway time, which keeps what was wrong when the
// gateway started; the count is kept with the cursors, so a power cut may forget what was sent
// since the last commit, an hour at most.
//
// A message may be sent up to a tenth of a second before those before it have passed, so that an
// uplink that waits for each answer is given many at once.
#pragma once

#include <cstdint>

#include "buffer/log_reader.h"
#include "core/time.h"
#include "uplink/uplinks.h"

namespace fieldweir {

/// Months since January 1970, in UTC, and when one begins.
std::int64_t month_of(Time time);
Time begin_of_month(std::int64_t month);

class RateLimit {
 public:
  RateLimit(const RateLimitSettings& settings, Usage usage) : settings_(settings), usage_(usage) {}

  bool none() const { return !settings_.per_second && !settings_.per_month; }
  /// When a message of so many bytes may be sent: `now`, or later.
  Time when(std::size_t bytes, Time now) const;
  /// Whether that waits for the next month. What is larger than a whole month's is sent as its
  /// first.
  bool used_up(std::size_t bytes) const {
    return settings_.per_month && usage_.bytes > 0 && usage_.bytes + bytes > *settings_.per_month;
  }
  void sent(std::size_t bytes, Time now);
  /// The count begins anew with a month. `wall`: what the system's clock says.
  void look_at(Time now, Time wall, bool synchronised);

  Usage usage() const { return usage_; }

 private:
  static constexpr Duration early = 100 * millisecond;

  const RateLimitSettings settings_;
  Usage usage_;
  Time free_ = 0;       // when all that was sent has passed
  Duration ahead_ = 0;  // the system's clock of gateway time
};

}  // namespace fieldweir
