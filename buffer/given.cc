#include "buffer/given.h"

#include <algorithm>

#include "buffer/row.h"

namespace fieldweir {
namespace {

RowId distance(const GivenRange& before, const GivenRange& behind) {
  return row_id({}, behind.after) - row_id({}, before.last);
}

}  // namespace

bool Given::has(Position position) const {
  return std::ranges::any_of(ranges_, [&](const GivenRange& range) {
    return range.after < position && position <= range.last;
  });
}

void Given::add(GivenRange range) {
  const auto first = std::ranges::find_if(
      ranges_, [&](const GivenRange& other) { return other.last >= range.after; });
  auto end = first;
  for (; end != ranges_.end() && end->after <= range.last; ++end)
    range = {std::min(range.after, end->after), std::max(range.last, end->last)};
  ranges_.insert(ranges_.erase(first, end), range);
  if (ranges_.size() <= most) return;
  auto nearest = ranges_.begin();
  for (auto at = nearest; at + 1 != ranges_.end(); ++at)
    if (distance(*at, *(at + 1)) < distance(*nearest, *(nearest + 1))) nearest = at;
  nearest->last = (nearest + 1)->last;
  ranges_.erase(nearest + 1);
}

}  // namespace fieldweir
