// log: one line to the service's log (stderr, with the journal's level prefix under systemd). Any
// thread. Who decides what an error means logs it, once; what can repeat goes through a LogLimit.
// A line is written by one call, so lines never mix, and cut at 512 bytes; if that fails, nobody is
// told.
#pragma once

#include <string_view>
#include <utility>

#include "core/time.h"

namespace fieldweir {

enum class LogLevel { debug, info, warning, error };

/// Lines below `level` are discarded. Called while starting, before other threads exist.
void set_log_level(LogLevel level);

/// `part` is who speaks: "bus boiler", "recorder". `format` is printf's.
[[gnu::format(printf, 3, 4)]] void log(LogLevel level, std::string_view part, const char* format,
                                       ...);

/// At most one line per minute for one cause; says how many were held back. A value type.
class LogLimit {
 public:
  /// Whether to log now; `held_back()` then tells how many lines were not.
  bool allow(Time now) {
    if (now < next_) {
      ++held_back_;
      return false;
    }
    next_ = now + minute;
    return true;
  }
  /// Lines suppressed before the one now allowed; reading it starts a new count.
  unsigned held_back() { return static_cast<unsigned>(std::exchange(held_back_, 0)); }

 private:
  Time next_ = INT64_MIN;
  unsigned held_back_ = 0;
};

}  // namespace fieldweir
