// Clock: the seam for time. The gateway object owns one and hands it to every worker; any thread
// may call it. Cannot fail. Tests put a clock of their own in its place.
#pragma once

#include <string>

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
};

/// CLOCK_BOOTTIME plus the offset to the wall clock that was true at construction.
class SystemClock final : public Clock {
 public:
  SystemClock();
  Time now() const override;
  Time wall() const override;
  bool synchronised() const override;

 private:
  const Duration offset_;
};

/// Names this boot of the machine (/proc/sys/kernel/random/boot_id), or "unknown".
std::string boot_id();

}  // namespace fieldweir
