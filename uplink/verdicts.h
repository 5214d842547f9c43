// verdicts: what answers mean and what is done about it, the same for all uplinks: each protocol's
// own codes become a Meaning (http_status.h, kafka_error.h, kinesis_error.h), and each Verdict has
// one Response of the delivery worker.
//
//   poison   only what the far end said about this very message; never a failure to reach it
//   pause    somebody has to change something: credentials, permissions, addresses
//   retry    all else, also what nobody has heard of: waiting costs no reading
#pragma once

#include "uplink/uplink.h"

namespace fieldweir {

/// Of an answer. The reason is for people.
struct Meaning {
  Verdict verdict;
  Reason reason;
};

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
