// verdicts: what the delivery worker does about each Verdict; the one table for all uplinks.
#pragma once

#include "uplink/uplink.h"

namespace fieldweir {

enum class Wait {
  none,     // go on at once
  until,    // Sent::at, or the doorbell
  backoff,  // full jitter, but not before Sent::at
  probe,    // about a minute, then try with one message
};

struct Response {
  bool close;        // what is in flight was not safe: after connecting it is sent again
  bool dead_letter;  // the first message not safe is put aside for ever
  bool alarm;        // somebody has to change something
  Wait wait;
};

constexpr Response respond(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return {false, false, false, Wait::none};
    case Verdict::again:
      return {false, false, false, Wait::until};
    case Verdict::retry:
      return {true, false, false, Wait::backoff};
    case Verdict::pause:
      return {true, false, true, Wait::probe};
    case Verdict::poison:
      break;
  }
  // closed as well, because the window that the uplink knows loses its front
  return {true, true, false, Wait::none};
}

}  // namespace fieldweir
