// signals: SIGTERM, SIGINT and SIGHUP as a descriptor for poll(2), so that no handler runs. Made by
// run() before any thread exists, since threads inherit the mask; SIGPIPE is ignored process-wide,
// because libraries write to sockets without asking. Main thread.
#pragma once

#include "core/time.h"

namespace fieldweir {

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int descriptor() const { return descriptor_; }
  /// The number of a signal that has arrived, or 0.
  int take() const;

 private:
  int descriptor_;
};

/// Ends the process `after` from now whatever its threads wait for, with this exit status.
void exit_at_the_latest(Duration after, int status);
void cancel_exit();

}  // namespace fieldweir
