// utf8: which bytes are text. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace fieldweir {

/// Length of the well-formed UTF-8 sequence that `text` begins with (RFC 3629, section 4); 0: none.
std::size_t utf8_length(std::string_view text);

}  // namespace fieldweir
