// Parts: a batch as the messages that it becomes: one, or one per device for destinations that keep
// order per key. The device is what stands before the first dot of a signal's name; gap marks go
// with the first part. A part that a destination refuses is cut in halves, and those again, down to
// the reading; marks beside one reading are the first half. Owned by the delivery worker, one
// thread; allocates nothing after construction, unless a batch is larger than this run's can be.
//
// Part [i, n] is cut into [2i-1, 2n] and [2i, 2n]: so a part's name alone says which readings it
// has, whatever was refused before it, and equal batches give equal parts.
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
  /// Goes on with `part`, one that halves of parts of this batch have led to.
  void go_to(Part part);

  bool done() const { return part_.number > part_.of; }
  void next();

  /// Of the present part; the device is empty unless there is one part per device.
  const DecodedBatch& batch() const { return part_.of == 1 ? *whole_ : readings_; }
  std::string_view device() const { return by_device_ && !devices_.empty() ? devices_[at()] : ""; }
  Part part() const { return part_; }
  bool last() const { return part_.number == part_.of; }

 private:
  std::uint32_t pieces() const { return part_.of / count_; }  // of each device's readings
  std::uint32_t at() const { return (part_.number - 1) / pieces(); }
  std::uint32_t number_of(std::string_view device);
  void fill();

  const bool by_device_;
  const DecodedBatch* whole_ = nullptr;
  std::uint32_t count_ = 1;  // of parts, none of them cut
  Part part_{1, 0};
  std::vector<std::string_view> devices_;  // in order of appearance
  std::vector<std::uint32_t> numbers_;     // of each reading's device
  std::vector<std::size_t> sizes_;         // of each device's readings
  DecodedBatch readings_;                  // of the part, if it is not the whole
};

/// The first half of `part`; the other one comes next.
constexpr Part first_half(Part part) { return {2 * part.number - 1, 2 * part.of}; }

}  // namespace fieldweir
