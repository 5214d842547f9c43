// command_json: what comes in of a command and what goes out about it, as JSON. Pure, but for the
// clock; used on the commands worker's thread and by the command line.
//
//   in       {"id":"x7","value":55,"expires":1767225610000}     and "signal" unless the topic names
//   it answer
//   {"id":"x7","signal":"boiler.setpoint","asked":55,"result":"done","value":55.0,"ts":...}
//            {"id":"x7",...,"result":"refused","reason":"out of range","message":"95 is above 85"}
//   audit    the answer with {"ts":...,"origin":"mqtt operator"} in front
//
// Keys are strict: `id` (1 to 64 of A-Z a-z 0-9 _ . : -) and `value` must be there, `expires` (ms
// since 1970) or `valid_for_ms` may; nothing else. Neither means 10 s, more than 10 min is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/command.h"
#include "core/text_table.h"
#include "daemon/command_rules.h"

namespace fieldweir {

/// What is wished, as far as it can be read.
struct Wish {
  std::string id;
  std::string signal;
  AskedValue value;
  Time expires = 0;  // gateway time
};

/// Fills `wish`; what is wrong with the attempt, or nothing.
std::optional<Refusal> read_wish(const Attempt& attempt, const Clock& clock, Wish& wish);

enum class CommandResult : std::uint8_t { accepted, done, refused, failed, expired, duplicate };
inline constexpr int command_result_count = 6;
std::string_view to_string(CommandResult result);

/// One attempt and what came of it.
struct CommandRecord {
  Time time = 0;  // when that was so
  FixedText<80> origin;
  Wish wish;
  CommandResult result = CommandResult::accepted;
  Refusal why;  // unless accepted or done
  std::optional<Reading> read_back;
};

std::string answer_json(const CommandRecord& record, const TextTable& texts);
std::string audit_json(const CommandRecord& record, const TextTable& texts, const Clock& clock);

// --- the command line's side ---

/// `value` as typed: a JSON scalar if it is one, else a text.
std::string wish_json(const std::string& id, const std::string& signal, const std::string& value,
                      Duration valid_for);

/// An answer for people, and whether it is good news. Throws if it is none.
struct AnswerText {
  bool done;
  std::string text;
};
AnswerText answer_text(const std::string& json);

}  // namespace fieldweir
