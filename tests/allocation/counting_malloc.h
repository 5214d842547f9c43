// Counts this thread's allocations between two calls, and lets one of them fail.
#pragma once

#include <cstddef>

namespace fieldweir {

void start_counting();
std::size_t stop_counting();

/// While counting, the allocation after `n` others fails, once; SIZE_MAX: none.
void fail_after(std::size_t n);

}  // namespace fieldweir
