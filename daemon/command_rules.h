// command_rules: whether a value may be written to a signal. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/command.h"
#include "core/text_table.h"

namespace fieldweir {

/// A word for programs, and a line for people.
struct Refusal {
  std::string_view reason;  // of static storage
  FixedText<160> message;
};

/// `format` is printf's; what exceeds 160 bytes is cut.
[[gnu::format(printf, 2, 3)]] Refusal refusal(std::string_view reason, const char* format, ...);

/// A value as asked for: int64 if negative, else uint64; float64, boolean, or text.
struct AskedValue {
  Kind kind = Kind::none;  // none: it could not be read
  std::uint64_t bits = 0;  // as in Reading, except of texts
  std::string text;
};

/// Makes of it a value of the signal's kind, exactly or not at all. Texts must be known already:
/// those of an enum are.
std::optional<Refusal> convert(const AskedValue& asked, Kind kind, const TextTable& texts,
                               Reading& out);

/// Numbers are within the limits and on a step, to a millionth of it (0.3 is 3 x 0.1).
std::optional<Refusal> check_limits(const Reading& value, const WriteLimits& limits);

}  // namespace fieldweir
