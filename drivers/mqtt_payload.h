// mqtt_payload: what one value of a message becomes as a Reading. Pure but for the TextTable, which
// remembers new texts.
//
// Wrong type: bad(wrong type). Numbers keep every digit that their kind can hold: int64 and uint64
// take whole numbers only ("5", "5.0", "5e1"), one that does not fit is bad(out of range). Text
// over 64 bytes is bad(too large), text without room in the table bad(text table full).
#pragma once

#include <string_view>

#include "core/reading.h"
#include "core/text_table.h"
#include "drivers/json_members.h"

namespace fieldweir {

/// Of a signal with a pointer. `member` is not missing.
Reading member_reading(SignalId signal, Kind kind, Time time, const JsonMember& member,
                       TextTable& texts);

/// Of a signal without: the whole payload is a number, true or false, with blanks around it at
/// most, or a text as it is. Anything else, or invalid UTF-8, is bad(parse error).
Reading plain_reading(SignalId signal, Kind kind, Time time, std::string_view payload,
                      TextTable& texts);

/// Whether all of `text` is UTF-8 as RFC 3629 has it, without control characters.
bool is_clean_utf8(std::string_view text);

}  // namespace fieldweir
