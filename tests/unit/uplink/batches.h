// batches: a small signal table and batches over it, for the tests of this folder.
#pragma once

#include "buffer/log_reader.h"
#include "tests/support/fake_clock.h"

namespace fieldweir {

class Signals {
 public:
  explicit Signals(std::initializer_list<std::string_view> names) : table_(names.size()) {
    for (const std::string_view name : names) table_.define({.name = name});
  }
  const SignalTable& table() const { return table_; }

  DecodedBatch batch(Position position, std::vector<Reading> readings = {},
                     Lane lane = Lane::telemetry) const {
    DecodedBatch batch(readings.size());
    batch.lane = lane;
    batch.position = batch.replaces_from = position;
    batch.readings = std::move(readings);
    batch.signals = &table_;
    return batch;
  }

 private:
  SignalTable table_;
};

}  // namespace fieldweir
