// kafka_error: what an error of a record means for delivery. Pure.
#pragma once

#include "core/result.h"
#include "uplink/rdkafka.h"
#include "uplink/uplink.h"

namespace fieldweir {

struct KafkaMeaning {
  Verdict verdict;
  Reason reason;
};

///   record too large, invalid                poison: this record will never be taken
///   authentication, authorisation            pause: credentials
///   no such topic or partition, bad name     pause: a wrong address
///   everything else                          retry
KafkaMeaning meaning_of(rd_kafka_resp_err_t code);

}  // namespace fieldweir
