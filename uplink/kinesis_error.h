// kinesis_error: what an error of the Kinesis API means for delivery. Pure.
#pragma once

#include <string_view>

#include "uplink/verdicts.h"

namespace fieldweir {

/// `type`: the exception's name, of a request or a record. What nobody has heard of is judged by
/// the status: 5xx, 408 and 429 retry, 413 poison; any other pauses, because a request that is
/// wrong as a whole must cost no reading.
Meaning kinesis_meaning(std::string_view type, long status);

}  // namespace fieldweir
