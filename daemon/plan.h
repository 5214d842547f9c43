// plan: what the gateway will take of memory, summed from the rooms' own terms before anything is
// built. Pure, while starting.
#pragma once

#include <string>

#include "core/memory_plan.h"
#include "daemon/settings.h"

namespace fieldweir {

/// For settings without mistakes. A table of signals that alone exceeds the limit is where it ends.
MemoryPlan memory_plan(const Settings& settings);

/// Why the gateway must not start, with the plan; empty if it fits `limits.memory`.
std::string memory_refusal(const Settings& settings);

/// One line for each term and one for the sum.
std::string plan_text(const MemoryPlan& plan, std::uint64_t limit);

/// "6.2 MiB"
std::string show_mebibytes(std::uint64_t bytes);

}  // namespace fieldweir
