// Uplink: one destination. Owned by its delivery worker, called on that worker's thread only.
//
// What an author promises: no retries, no queue on disk, no buffering beyond the messages it was
// given; no call outlives its deadline by more than 50 ms, nor a stop request by more than 100 ms;
// a message is safe only when the far end has confirmed it. What the delivery worker does for it:
// reading the log, encoding, the in-flight window, back-off, cursors, counting, logging.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "buffer/position.h"
#include "core/result.h"
#include "core/stop.h"
#include "core/worker.h"
#include "uplink/formats/format.h"

namespace fieldweir {

/// One batch, or one device's part of it, in the uplink's format. Valid until it is reported safe
/// or close() is called.
struct Message {
  Lane lane;
  Position position;
  std::string_view gateway;
  std::string_view body;
  Part part = {};
  SignalName device = {};  // whose part it is; empty if a batch is one message
};

enum class Verdict {
  ok,     // nothing stands in the way of more
  again,  // nothing wrong: call again at `at`, or when the doorbell rings
  retry,  // a passing failure: close, connect again after a back-off, not before `at` if given
  pause,  // credentials, permission or routing: alarm, probe about once a minute, never dead-letter
  poison,  // the first message not safe is refused for ever
};

struct Sent {
  std::size_t safe = 0;  // so many from the front are confirmed
  Verdict verdict = Verdict::ok;
  Time at = 0;       // with again and retry
  Error why;         // unless ok or again
  bool left = true;  // false: nothing of the window was sent since connect() and is still open
};

class Uplink {
 public:
  virtual ~Uplink() = default;

  virtual Result<> connect(Time deadline, const Stop& stop) = 0;

  /// `window` is everything that is not yet safe, oldest first; what was in an earlier call's
  /// window since connect() and is not reported safe is in flight already and must not be sent
  /// twice.
  virtual Sent send(std::span<const Message> window, Time deadline, const Stop& stop) = 0;

  /// Called while there is nothing to send, or all of it is held back, when the doorbell was rung;
  /// an error is a lost connection. For protocols where the far end may ask, or must see that the
  /// connection stands.
  virtual Result<> attend() { return {}; }

  /// Forgets what is in flight. The destructor does the same.
  virtual void close() = 0;

  /// The most messages and bytes that send() is given.
  virtual std::size_t in_flight_limit() const = 0;

  /// The longest that connect() or send() may need.
  virtual Duration patience() const = 0;

  /// Whether connect() spoke with the far end. If not, only a confirmation shows that it is there.
  virtual bool connects() const { return false; }
};

}  // namespace fieldweir
