// Suspicion: whether a broker disconnects because of one message. MQTT 3.1.1 has no other way to
// refuse. A value type of the MQTT uplink; pure.
//
// A broker that comes and goes must cost no batch, so disconnects alone prove nothing. Two in a row
// with the same oldest message make it a suspect. From then on a connection has to stand for
// `settle` before the suspect is sent, alone; if it is lost within `settle` after that, the message
// is poison. Whatever is confirmed acquits.
#pragma once

#include "buffer/position.h"
#include "core/time.h"

namespace fieldweir {

class Suspicion {
 public:
  static constexpr Duration settle = 5 * second;

  void connected(Time now) { connected_ = now; }
  void confirmed() { disconnects_ = 0; }

  /// `oldest` is not yet confirmed. A suspect is sent alone, and not before may_send().
  bool suspects(Lane lane, Position oldest) const {
    return disconnects_ >= 2 && lane_ == lane && oldest_ == oldest;
  }
  Time may_send() const { return connected_ + settle; }
  void sent(Time now) { sent_ = now; }

  /// The connection was lost after `oldest` was sent; whether that is the message's fault.
  bool lost(Lane lane, Position oldest, Time now) {
    if (suspects(lane, oldest)) return now - sent_ <= settle;
    const bool same = disconnects_ > 0 && lane_ == lane && oldest_ == oldest;
    disconnects_ = same ? disconnects_ + 1 : 1;
    lane_ = lane;
    oldest_ = oldest;
    return false;
  }

 private:
  Lane lane_ = Lane::telemetry;
  Position oldest_;
  int disconnects_ = 0;  // in a row, with this message the oldest
  Time connected_ = 0;
  Time sent_ = 0;  // the oldest message
};

}  // namespace fieldweir
