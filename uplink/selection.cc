#include "uplink/selection.h"

#include <algorithm>

#include "config/glob.h"

namespace fieldweir {

Selection::Selection(std::vector<std::string> globs)
    : globs_(std::move(globs)),
      everything_(std::find(globs_.begin(), globs_.end(), "*") != globs_.end()),
      answers_(everything_ ? 0 : remembered) {}

bool Selection::matches(std::string_view name) const {
  return std::any_of(globs_.begin(), globs_.end(),
                     [&](const std::string& glob) { return config::glob_matches(glob, name); });
}

bool Selection::selects(SignalId signal, std::string_view name) {
  if (everything_) return true;
  if (signal >= answers_.size()) return matches(name);
  Answer& answer = answers_[signal];
  if (answer.name.view() != name) answer = {name, matches(name)};
  return answer.selected;
}

std::size_t Selection::keep_selected(DecodedBatch& batch) {
  if (everything_) return 0;
  return std::erase_if(batch.readings, [&](const Reading& reading) {
    return !selects(reading.signal, batch.name(reading.signal));
  });
}

}  // namespace fieldweir
