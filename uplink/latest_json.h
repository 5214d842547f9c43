// latest_json: the message that local programs get for one signal, in the words of the `json`
// format.
//
//   {"ts":1767225600123,"value":73.4,"quality":"good","unit":"°C"}
//   {"ts":1767225600123,"value":null,"quality":"bad","reason":"timeout","unit":"°C"}
//
// `unit` is left out if there is none; integers beyond 2^53 are texts. Pure; nothing is allocated.
#pragma once

#include <span>
#include <string_view>

#include "core/reading.h"

namespace fieldweir {

/// Suffices for any value and unit.
inline constexpr std::size_t latest_json_max = 768;

/// `text`: of a reading whose kind is text. The result lies in `out`.
std::string_view write_latest_json(const Reading& reading, std::string_view unit,
                                   std::string_view text, std::span<char, latest_json_max> out);

}  // namespace fieldweir
