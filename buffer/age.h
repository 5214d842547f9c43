// Ages: how old things in the journal are, when clocks may have been wrong. A value type, made when
// a run starts.
//
// Gateway time never steps within a run, so ages within one are exact. Times of two runs compare
// only if both were true. Where one may not have been, a thing is as old as the run that found it:
// that much is certain. So a clock that was wrong never makes something expire; it only waits
// longer.
#pragma once

#include "core/time.h"

namespace fieldweir {

struct Ages {
  Time started = 0;           // of this run
  bool synchronised = false;  // then, so that this run's time is true

  /// Of something of an earlier run, `was_true`: whether that run's time was.
  Duration of_earlier(Time then, bool was_true, Time now) const {
    return was_true && synchronised ? now - then : now - started;
  }
};

}  // namespace fieldweir
