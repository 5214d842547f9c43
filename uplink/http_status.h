// http_status: what an answer over HTTP means for delivery. Pure functions.
#pragma once

#include "uplink/verdicts.h"

namespace fieldweir {

///   2xx                      ok
///   400 413 415 422          poison: this message will never be taken
///   401 403                  pause: credentials
///   404 405 407 410, 3xx     pause: a wrong address (redirects are not followed)
///   408 425 429 5xx, others  retry
Meaning meaning_of(long status);

}  // namespace fieldweir
