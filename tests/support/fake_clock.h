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
  Time wall() const override { return now_.load() + error_.load(); }
  bool synchronised() const override { return synchronised_.load(); }
  Boot boot() const override { return {boot_.load(), booted_.load()}; }

  void set(Time now) { now_.store(now); }
  void advance(Duration duration) { now_.fetch_add(duration); }
  void set_synchronised(bool synchronised) { synchronised_.store(synchronised); }
  /// By how much the system's clock is ahead of gateway time.
  void set_error(Duration error) { error_.store(error); }
  /// Gateway time said `at` when the machine booted.
  void set_boot(std::uint64_t id, Time at) {
    boot_.store(id);
    booted_.store(at);
  }

 private:
  std::atomic<Time> now_{start};
  std::atomic<bool> synchronised_{true};
  std::atomic<Duration> error_{0};
  std::atomic<std::uint64_t> boot_{1};
  std::atomic<Time> booted_{start - hour};
};

}  // namespace fieldweir
