// glob: '*' matches any run of characters, everything else itself. "boiler.*", "*.temperature".
#pragma once

#include <string_view>

namespace fieldweir::config {

/// Linear in the product of the lengths; no recursion.
bool glob_matches(std::string_view pattern, std::string_view name);

}  // namespace fieldweir::config
