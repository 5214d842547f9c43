// source_time: when a source says that it took a value, and what is made of that. Pure.
//
// Understood: ISO 8601 with a time zone ("2026-01-05T12:00:00.123+01:00", also "2026-01-05
// 12:00:00Z"), and numbers: seconds since 1970 below 10^11, else milliseconds. Without a zone a
// time may be anything, and is none.
//
// A time that is understood is kept as given, and never corrected. Judged by a synchronised clock:
// older than a week, the reading is uncertain(source time too old); more than a minute in the
// future, it cannot be right: the reading has the time of its reception, and is uncertain(source
// time in the future). So is one without a time, uncertain(no source time). While the clock is not
// synchronised nothing can be judged, and all times stay.
#pragma once

#include <optional>

#include "core/reading.h"
#include "drivers/json_members.h"

namespace fieldweir {

inline constexpr Duration oldest_source_time = 7 * day;
inline constexpr Duration source_clocks_differ = minute;  // at most so much into the future

std::optional<Time> source_time_of(const JsonMember& member);

/// Gives the `reading`, which has the time of its reception, that of its source. `wall`: what a
/// synchronised clock says, if there is one. A bad reading keeps its reason.
void stamp(Reading& reading, const JsonMember& member, std::optional<Time> wall);

}  // namespace fieldweir
