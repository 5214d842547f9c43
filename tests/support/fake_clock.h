// FakeClock: time that a test moves by hand. Any thread may read it.
#pragma once

#include <atomic>

#include "core/clock.h"

namespace fieldweir {

class FakeClock final : public Clock {
 public:
  /// 2026-01-01T00:00:00Z
  static constexpr Time start = 1'767'225'600 * second;

  Time now() const override { return now_.load(); }
  bool synchronised() const override { return synchronised_.load(); }

  void set(Time now) { now_.store(now); }
  void advance(Duration duration) { now_.fetch_add(duration); }
  void set_synchronised(bool synchronised) { synchronised_.store(synchronised); }

 private:
  std::atomic<Time> now_{start};
  std::atomic<bool> synchronised_{true};
};

}  // namespace fieldweir
