// Time, as every room counts it: signed 64-bit nanoseconds.
//
// `Time` is gateway time: nanoseconds since 1970-01-01T00:00:00Z on a scale that never steps while
// the process lives. `Duration` is a difference of two. Plain integers, so that they can live in
// trivially copyable records and never pass through a 32-bit time_t (Debian 12 armhf).
#pragma once

#include <cstdint>

namespace fieldweir {

using Time = std::int64_t;
using Duration = std::int64_t;

inline constexpr Duration microsecond = 1'000;
inline constexpr Duration millisecond = 1'000 * microsecond;
inline constexpr Duration second = 1'000 * millisecond;
inline constexpr Duration minute = 60 * second;
inline constexpr Duration hour = 60 * minute;
inline constexpr Duration day = 24 * hour;

/// A due time that no clock reaches: "call me when my doorbell rings".
inline constexpr Time never = INT64_MAX;

}  // namespace fieldweir
