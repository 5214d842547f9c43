// Profile: a named chain of filters, as configured; signals that use it get a chain of their own.
// A value type, read while starting, unchanged afterwards.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/stage.h"

namespace fieldweir {

struct Step {
  const StageKind* kind;
  std::unique_ptr<StageSettings> settings;
};

using Profile = std::vector<Step>;

/// Reads a list of one-key maps, `- median: 5`. `out` gets what could be read of it.
bool read_profile(const config::Node& list, Profile& out, config::Mistakes& mistakes);

/// Of one signal's chain, for the memory plan.
std::size_t bytes_of(const Profile& profile);

}  // namespace fieldweir
