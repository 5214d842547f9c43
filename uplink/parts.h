// Parts: a batch as the messages that it becomes: one, or one per device for destinations that keep
// order per key. The device is what stands before the first dot of a signal's name; gap marks go
// with the first part. Equal batches give equal parts. Owned by the delivery worker, one thread;
// allocates nothing after construction, unless a batch is larger than this run's can be.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "buffer/log_reader.h"
#include "uplink/formats/format.h"

namespace fieldweir {

class Parts {
 public:
  /// `rows`: the most readings of a batch.
  Parts(std::size_t rows, bool by_device);
  static std::size_t bytes_for(std::size_t rows, bool by_device);

  /// Begins with the first part of `batch`, which stays as it is until done().
  void split(const DecodedBatch& batch);

  bool done() const { return at_ == count_; }
  void next();

  /// Of the present part; the device is empty unless there is one part per device.
  const DecodedBatch& batch() const { return by_device_ ? part_ : *whole_; }
  std::string_view device() const { return by_device_ && !devices_.empty() ? devices_[at_] : ""; }
  Part part() const { return {at_ + 1, count_}; }
  /// Readings of the present part and of those behind it.
  std::size_t readings_left() const { return left_; }

 private:
  std::uint32_t number_of(std::string_view device);
  void fill();

  const bool by_device_;
  const DecodedBatch* whole_ = nullptr;
  std::uint32_t at_ = 0;
  std::uint32_t count_ = 0;
  std::size_t left_ = 0;
  std::vector<std::string_view> devices_;  // in order of appearance
  std::vector<std::uint32_t> numbers_;     // of each reading's device
  DecodedBatch part_;
};

}  // namespace fieldweir
