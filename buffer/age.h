// Ages: how old things in the journal are, when clocks may have been wrong. A value type, made when
// a run starts.
//
// Gateway time never steps within a run, so ages within one are exact. Times of two runs compare
// only if both were true. A thing is as old as the run that found it, at least: that much is
// certain, also where a clock was wrong, or was true by its own word and far ahead. So a wrong
// clock never makes something expire; it only waits longer.
#pragma once

#include <algorithm>

#include "core/time.h"

namespace fieldweir {

struct Ages {
  Time started = 0;           // of this run
  bool synchronised = false;  // then, so that this run's time is true

  /// Of something of an earlier run, `was_true`: whether that run's time was.
  Duration of_earlier(Time then, bool was_true, Time now) const {
    return std::max(now - started, was_true && synchronised ? now - then : 0);
  }
};

}  // namespace fieldweir
