// Counts this thread's allocations between two calls.
#pragma once

#include <cstddef>

namespace fieldweir {

void start_counting();
std::size_t stop_counting();

}  // namespace fieldweir
