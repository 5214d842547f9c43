#include "pipeline/profile.h"

#include <algorithm>
#include <string>

namespace fieldweir {
namespace {

const StageKind* find_stage(const config::Node::Entry& entry, config::Mistakes& mistakes) {
  // of the grammar, but not in this version
  static constexpr std::string_view later[] = {"monotonic"};
  std::vector<std::string> known;
  for (const StageKind& kind : stage_kinds()) {
    if (kind.key == entry.key) return &kind;
    known.emplace_back(kind.key);
  }
  if (std::find(std::begin(later), std::end(later), entry.key) != std::end(later))
    mistakes.add(entry.key_place, "filter '" + entry.key + "' is not available in this version");
  else
    mistakes.add(entry.key_place,
                 "unknown filter '" + entry.key + "'" + config::did_you_mean(entry.key, known));
  return nullptr;
}

}  // namespace

bool read_profile(const config::Node& list, Profile& out, config::Mistakes& mistakes) {
  if (!config::expect_list(list, mistakes)) return false;
  bool good = true;
  for (const config::Node& item : list.items) {
    if (item.type != config::Node::Type::map || item.entries.size() != 1) {
      mistakes.add(item.place, "expected one filter, such as 'median: 5'");
      good = false;
      continue;
    }
    const config::Node::Entry& entry = item.entries.front();
    const StageKind* kind = find_stage(entry, mistakes);
    auto settings = kind == nullptr ? nullptr : kind->read(entry.value, mistakes);
    if (settings == nullptr)
      good = false;
    else
      out.push_back({kind, std::move(settings)});
  }
  return good;
}

std::size_t bytes_of(const Profile& profile) {
  std::size_t sum = 0;
  for (const Step& step : profile) sum += step.settings->bytes();
  return sum;
}

}  // namespace fieldweir
