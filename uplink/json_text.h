// json_text: text inside JSON quotes (RFC 8259). Pure; nothing is allocated.
#pragma once

#include <string_view>

namespace fieldweir {

/// No byte of text becomes more bytes than this.
inline constexpr std::size_t json_text_growth = 6;

/// Writes `text` escaped, without quotes, at `out`, where there is room; returns the end.
/// Each byte that does not belong to valid UTF-8 becomes \ufffd.
char* write_json_text(std::string_view text, char* out);

}  // namespace fieldweir
