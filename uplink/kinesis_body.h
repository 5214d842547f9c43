// kinesis_body: what is said to and heard from PutRecords of the Kinesis Data Streams API, version
// 2013-12-02, in its JSON. Pure; bytes of an answer are anybody's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/fixed_text.h"

namespace fieldweir {

/// Writes {"StreamName":..,"Records":[{"Data":base64,"PartitionKey":..},..]} at the end of `out`.
void begin_put_records(std::string_view stream, std::string& out);
void add_record(std::string_view data, std::string_view partition_key, std::string& out);
void end_put_records(std::string& out);

struct KinesisAnswer {
  using Code = FixedText<64>;
  Code type;                  // of a refused request, without its namespace
  FixedText<120> message;     // of the request, or of the first record refused
  std::vector<Code> records;  // why each record was refused; empty: it was taken
};

/// Into `out`, which keeps its memory; at most `records` of them. False if it is no such answer: if
/// there are more, or one of which nothing is said, neither where it stands nor why it was refused.
bool read_kinesis_answer(std::string_view json, std::size_t records, KinesisAnswer& out);

}  // namespace fieldweir
