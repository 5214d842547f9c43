// Groups: readings brought together per signal and interval, in fixed memory. Owned by Thinning,
// recorder thread only; allocates nothing after construction.
//
// A group is of one signal, one interval, one quality and reason. Numbers have a mean, a least and
// a greatest. What has no mean is counted: a text or boolean per value, a bad reading per reason. A
// reading that is alone in its interval stays as it was.
#pragma once

#include <vector>

#include "buffer/codec.h"

namespace fieldweir {

/// The readings of one decoded batch.
struct BatchRows {
  std::vector<Reading> readings;
  std::vector<Thinned> thinned;
  std::vector<BatchText> texts;
};

class Groups {
 public:
  explicit Groups(std::size_t most);
  static std::size_t bytes_for(std::size_t most);

  /// Forgets all; the next ones are of intervals of this length.
  void clear(Duration interval);

  /// All readings of a batch, or none: false if there is no room.
  bool add(const BatchRows& batch);

  std::size_t size() const { return groups_.size(); }
  std::span<const BatchText> texts() const { return texts_; }

  /// `count` groups from the `first`-th on, as rows. Good numbers have the time at which their
  /// interval begins, but none before `from`, where the batches begin that were added; others that
  /// of their first reading. So no two rows of a signal have the same time, in neighbouring batches
  /// either.
  void write(std::size_t first, std::size_t count, Time from, BatchRows& out) const;

 private:
  struct Group {
    Reading reading;  // the first
    Time start = 0;   // of the interval
    std::uint64_t count = 0;
    double sum = 0;
    double min = 0;
    double max = 0;
    std::uint32_t next = 0;  // with the same hash, + 1
  };

  /// As the formats would send it: text by number in `texts_`; false if there is no room for that.
  bool prepare(const BatchRows& batch, Reading& reading);
  bool same(const Group& group, const Reading& reading, Time start) const;
  Group* find(const Reading& reading);
  void forget_from(std::size_t groups, std::size_t texts);
  std::uint32_t& head(const Reading& reading, Time start);

  const std::size_t most_;
  Duration interval_ = minute;
  std::vector<Group> groups_;
  std::vector<BatchText> texts_;
  std::vector<std::uint32_t> heads_;  // index of the first group with a hash, + 1
};

}  // namespace fieldweir
