// Backoff: when to try again. Full jitter: a random wait below a ceiling that doubles from 1 s to
// 60 s, so that a fleet does not return in step; the ceiling falls back only after a stable minute,
// so that a peer that accepts and drops us at once is not stormed. A value type, one per
// connection.
#pragma once

#include <algorithm>

#include "core/random.h"
#include "core/time.h"

namespace fieldweir {

class Backoff {
 public:
  explicit Backoff(Random random, Duration first = second, Duration longest = minute)
      : random_(random), first_(first), longest_(longest), ceiling_(first) {}

  /// A failure at `now`: when to try again.
  Time failed(Time now) {
    if (connected_since_ != never && now - connected_since_ >= stable) ceiling_ = first_;
    connected_since_ = never;
    const auto wait = static_cast<Duration>(random_.unit() * static_cast<double>(ceiling_));
    ceiling_ = std::min(2 * ceiling_, longest_);
    return now + std::max(wait, shortest);
  }

  void connected(Time now) { connected_since_ = now; }

 private:
  static constexpr Duration stable = minute;
  static constexpr Duration shortest = 50 * millisecond;

  Random random_;
  Duration first_;
  Duration longest_;
  Duration ceiling_;
  Time connected_since_ = never;
};

}  // namespace fieldweir
