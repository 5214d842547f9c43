// Command: a wish to write a value to a signal, on its way from whoever wishes it to the bus that
// can do it. Value types; which thread holds which is said by the rings that carry them.
#pragma once

#include <optional>

#include "core/reading.h"
#include "core/time.h"

namespace fieldweir {

/// What a signal's `write:` section allows. A signal without one is never written.
struct WriteLimits {
  double min = 0;  // least and greatest value, in the signal's unit
  double max = 0;
  std::optional<double> step;  // values are min + n x step
  Duration every = 0;          // the shortest time between two writes
};

struct Command {
  std::uint64_t number = 0;  // of this run: names the command on its way and its outcome back
  Reading value;         // signal, kind and value to be written; its time says when it was wished
  Time expires = never;  // not to be written after this
};

}  // namespace fieldweir
