// given: which batches of a lane an uplink was given, as ranges. One that reads in several places
// (`order: live_first`) has as many ranges; they become one where they meet. Value types.
//
// Full: the two that are nearest to each other become one, and what lies between counts as given.
#pragma once

#include <span>
#include <vector>

#include "buffer/cursor.h"

namespace fieldweir {

/// Behind `after`, up to and with `last`.
struct GivenRange {
  Position after;
  Position last;
};

class Given {
 public:
  static constexpr std::size_t most = 1 + Ahead::most;

  Given() { ranges_.reserve(most + 1); }

  std::span<const GivenRange> ranges() const { return ranges_; }
  bool has(Position position) const;
  void add(GivenRange range);

 private:
  std::vector<GivenRange> ranges_;  // in order, apart from each other
};

}  // namespace fieldweir
