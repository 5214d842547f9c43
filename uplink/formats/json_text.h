// json_text: texts and values as JSON writes them (RFC 8259), for all formats that are JSON. Pure;
// nothing is allocated.
#pragma once

#include <string_view>

#include "core/reading.h"
#include "core/text_table.h"

namespace fieldweir {

/// No byte of text becomes more bytes than this.
inline constexpr std::size_t json_text_growth = 6;

/// Writes `text` escaped, without quotes, at `out`, where there is room; returns the end.
/// Each byte that does not belong to valid UTF-8 becomes \ufffd.
char* write_json_text(std::string_view text, char* out);

/// The longest number that to_chars writes is -2.2250738585072014e-308.
inline constexpr std::size_t json_number_max = 24;
inline constexpr std::size_t json_value_max = json_text_growth * TextTable::longest + 2;

/// The reading as JSON can say it: a bad one has no value, and one that is no finite number is
/// bad(out of range).
Reading sayable_in_json(Reading reading);

/// An integer beyond 2^53: receivers that read numbers as doubles would lose digits.
bool beyond_double(const Reading& reading);

/// Writes the value of a sayable reading, at most json_value_max bytes; integers beyond 2^53 as
/// texts. `text`: of a reading whose kind is text.
char* write_json_value(const Reading& reading, std::string_view text, char* out);

}  // namespace fieldweir
