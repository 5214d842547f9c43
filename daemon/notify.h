// notify: tells systemd "ready", "still alive", a status line. The protocol of sd_notify(3): one
// datagram to the socket named by $NOTIFY_SOCKET. Without that variable nothing happens; failures
// are ignored, since there is nobody to tell. Main thread only.
#pragma once

#include <string_view>

#include "core/time.h"

namespace fieldweir {

/// `state` as in sd_notify(3): "READY=1", "WATCHDOG=1", "STATUS=...".
void notify(std::string_view state);

/// How often systemd wants to hear WATCHDOG=1 (half of $WATCHDOG_USEC), or `never`.
Duration watchdog_interval();

}  // namespace fieldweir
