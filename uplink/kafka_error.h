// kafka_error: what an error of a record means for delivery. Pure.
#pragma once

#include "uplink/rdkafka.h"
#include "uplink/verdicts.h"

namespace fieldweir {

///   record too large, invalid                poison: this record will never be taken
///   authentication, authorisation            pause: credentials
///   no such topic or partition, bad name     pause: a wrong address
///   what the broker is not set up for        pause: a security or compression that it does not
///   know everything else                          retry
Meaning meaning_of(rd_kafka_resp_err_t code);

}  // namespace fieldweir
