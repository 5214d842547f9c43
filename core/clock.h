// Clock: the seam for time. The gateway object owns one and hands it to every worker; any thread
// may call it. Cannot fail. Tests put a clock of their own in its place.
#pragma once

#include <cstdint>

#include "core/time.h"

namespace fieldweir {

class Clock {
 public:
  virtual ~Clock() = default;

  /// Gateway time. Never steps, never goes back.
  virtual Time now() const = 0;

  /// What the system's clock says at this moment: may step, and is wrong until synchronised. For
  /// comparing with times that others made up.
  virtual Time wall() const { return now(); }

  /// Whether the system clock was set by a time source. Batches closed before say so.
  virtual bool synchronised() const = 0;

  /// A boot of the machine, and when it was by gateway time: by that the times of two runs of one
  /// boot can be compared, whatever the clock said when each began.
  struct Boot {
    std::uint64_t id = 0;  // 0: not known
    Time at = 0;
  };
  virtual Boot boot() const { return {}; }
};

/// CLOCK_BOOTTIME plus the offset to the wall clock that was true at construction.
class SystemClock final : public Clock {
 public:
  SystemClock();
  Time now() const override;
  Time wall() const override;
  bool synchronised() const override;
  Boot boot() const override { return boot_; }

 private:
  const Boot boot_;
};

}  // namespace fieldweir
