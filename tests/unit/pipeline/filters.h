// filters: profiles from YAML, as a user would write them, for the tests of this folder.
#pragma once

#include <stdexcept>
#include <string>

#include "config/load.h"
#include "pipeline/profile.h"

namespace fieldweir {

inline std::string mistakes_in_profile(const std::string& yaml, Profile& profile) {
  config::Mistakes mistakes;
  const config::Node node = config::load_text("profile", "analog: " + yaml, mistakes);
  if (const config::Node* list = node.find("analog")) read_profile(*list, profile, mistakes);
  return mistakes.empty() ? "" : mistakes.text();
}

/// "[median: 5]"
inline Profile profile(const std::string& yaml) {
  Profile made;
  if (const std::string mistakes = mistakes_in_profile(yaml, made); !mistakes.empty())
    throw std::invalid_argument(mistakes);
  return made;
}

}  // namespace fieldweir
