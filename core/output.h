// Output: where the pipeline's readings go. Implemented by the buffer's batcher, called on the
// pipeline thread only; the one word that pipeline and buffer share, so that neither knows the
// other.
#pragma once

#include <cstdint>
#include <span>

#include "core/reading.h"

namespace fieldweir {

class Output {
 public:
  virtual ~Output() = default;

  /// Takes readings in order, each into its signal's lane. Never refuses: what the log cannot keep
  /// is dropped by its own rules and leaves a gap.
  virtual void add(std::span<const Reading> readings, Time now) = 0;

  /// `readings` readings were lost between `from` and `to` before they reached add(): a gap mark
  /// goes into the telemetry lane's next batch.
  virtual void lost(Reason reason, Time from, Time to, std::uint64_t readings) = 0;

  /// Closes what is old enough; returns when it next wants to be called.
  virtual Time tick(Time now) = 0;

  /// Closes everything that is open (stop).
  virtual void flush(Time now) = 0;
};

}  // namespace fieldweir
