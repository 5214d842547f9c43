#include "daemon/command_json.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "daemon/json.h"

namespace fieldweir {
namespace {

constexpr Duration usual_validity = 10 * second;
constexpr Duration longest_validity = 10 * minute;
constexpr std::int64_t last_expiry = 4'102'444'800'000;  // the year 2100, in ms

bool is_id(const std::string& id) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == ':' || c == '-';
  };
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, fits);
}

AskedValue asked_value(const Json& json) {
  if (json.is_number_unsigned()) return {Kind::uint64, json.get<std::uint64_t>(), {}};
  if (json.is_number_integer())
    return {Kind::int64, static_cast<std::uint64_t>(json.get<std::int64_t>()), {}};
  if (json.is_number_float())
    return {Kind::float64, std::bit_cast<std::uint64_t>(json.get<double>()), {}};
  if (json.is_boolean()) return {Kind::boolean, json.get<bool>() ? 1u : 0u, {}};
  if (json.is_string() && json.get_ref<const std::string&>().size() <= TextTable::longest)
    return {Kind::text, 0, json.get<std::string>()};
  return {};
}

Refusal unreadable(const char* what) { return refusal("parse error", "%s", what); }

/// The number of milliseconds under `key`, if it is one from 1 to `most`; else 0.
std::int64_t milliseconds(const Json& json, const char* key, std::int64_t most) {
  const Json& value = json[key];
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > static_cast<std::uint64_t>(most))
    return 0;
  return value.get<std::int64_t>();
}

std::optional<Refusal> read_expiry(const Json& json, Time received, const Clock& clock,
                                   Time& expires) {
  expires = received + usual_validity;
  if (json.contains("valid_for_ms")) {
    const std::int64_t valid = milliseconds(json, "valid_for_ms", longest_validity / millisecond);
    if (json.contains("expires")) return unreadable("'expires' beside 'valid_for_ms'");
    if (valid == 0) return unreadable("'valid_for_ms' is not from 1 to 600000");
    expires = received + valid * millisecond;
  }
  if (!json.contains("expires")) return {};
  const std::int64_t at = milliseconds(json, "expires", last_expiry);
  if (at == 0) return unreadable("'expires' is no time in ms since 1970");
  if (!clock.synchronised())
    return refusal("clock", "'expires' cannot be judged: the clock is not synchronised");
  const Duration left = at * millisecond - clock.wall();
  if (left > longest_validity) return unreadable("'expires' is more than 10 minutes ahead");
  expires = clock.now() + left;
  return {};
}

std::optional<Refusal> read_object(const Json& json, bool needs_signal, Wish& wish) {
  if (!json.is_object()) return unreadable("no JSON object");
  const auto text = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (std::string id = text("id"); is_id(id)) wish.id = std::move(id);
  if (needs_signal) wish.signal = text("signal").substr(0, SignalName::capacity() + 1);
  if (json.contains("value")) wish.value = asked_value(json["value"]);
  for (const auto& [key, value] : json.items())
    if (key != "id" && key != "value" && key != "expires" && key != "valid_for_ms" &&
        !(needs_signal && key == "signal"))
      return unreadable("a key that is none of id, value, expires, valid_for_ms");
  if (wish.id.empty()) return unreadable("'id' must be 1 to 64 of A-Z a-z 0-9 _ . : -");
  if (wish.signal.empty()) return unreadable("'signal' is missing");
  if (wish.value.kind == Kind::none)
    return unreadable("'value' must be a number, true, false or a text of at most 64 bytes");
  return {};
}

Json to_json(const AskedValue& value) {
  switch (value.kind) {
    case Kind::float64:
      return std::bit_cast<double>(value.bits);
    case Kind::int64:
      return static_cast<std::int64_t>(value.bits);
    case Kind::uint64:
      return value.bits;
    case Kind::boolean:
      return value.bits != 0;
    case Kind::text:
      return value.text;
    case Kind::none:
      break;
  }
  return Json();
}

Json to_json(const Reading& reading, const TextTable& texts) {
  AskedValue value{reading.kind, reading.bits, {}};
  if (reading.kind == Kind::text) value.text = texts[reading.as_text()];
  return to_json(value);
}

void add_record(Json& json, const CommandRecord& record, const TextTable& texts) {
  const auto text = [](const std::string& s) { return s.empty() ? Json() : Json(s); };
  json["id"] = text(record.wish.id);
  json["signal"] = text(record.wish.signal);
  json["asked"] = to_json(record.wish.value);
  json["result"] = std::string(to_string(record.result));
  if (!record.why.reason.empty()) {
    json["reason"] = std::string(record.why.reason);
    json["message"] = std::string(record.why.message);
  }
  if (!record.read_back) return;
  json["value"] = to_json(*record.read_back, texts);
  if (record.read_back->quality != Quality::good)
    json["quality"] = std::string(to_string(record.read_back->quality));
}

// what came from outside may be no UTF-8: replaced, so that a record is always one
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string_view to_string(CommandResult result) {
  static constexpr std::array<std::string_view, command_result_count> names = {
      "accepted", "done", "refused", "failed", "expired", "duplicate"};
  return names[static_cast<std::size_t>(result)];
}

std::optional<Refusal> read_wish(const Attempt& attempt, const Clock& clock, Wish& wish) {
  wish.signal = attempt.signal.view();
  if (attempt.fault == Attempt::Fault::too_large)
    return refusal("too large", "more than %zu bytes", attempt.body.capacity());
  const Json json = Json::parse(attempt.body.view(), nullptr, false);
  const auto wrong = read_object(json, attempt.signal.empty(), wish);
  if (attempt.fault == Attempt::Fault::retained)
    return refusal("retained", "retained messages are no commands: whoever sent it may be gone");
  if (wrong) return wrong;
  return read_expiry(json, attempt.received, clock, wish.expires);
}

std::string answer_json(const CommandRecord& record, const TextTable& texts) {
  Json json = Json::object();
  add_record(json, record, texts);
  json["ts"] = record.time / millisecond;
  return dump(json);
}

std::string audit_json(const CommandRecord& record, const TextTable& texts, const Clock& clock) {
  Json json = {{"ts", record.time / millisecond}, {"origin", std::string(record.origin)}};
  add_record(json, record, texts);
  if (!clock.synchronised()) json["clock"] = "unsynchronised";
  return dump(json);
}

std::string wish_json(const std::string& id, const std::string& signal, const std::string& value,
                      Duration valid_for) {
  Json typed = Json::parse(value, nullptr, false);
  if (typed.is_discarded() || typed.is_structured() || typed.is_null()) typed = value;
  return dump({{"id", id},
               {"signal", signal},
               {"value", typed},
               {"valid_for_ms", static_cast<std::uint64_t>(valid_for / millisecond)}});
}

AnswerText answer_text(const std::string& text) {
  const Json json = Json::parse(text);
  const auto shown = [](const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  const std::string result = shown(json.at("result"));
  std::string line = shown(json.at("signal")) + ": " + result;
  if (json.contains("reason")) line += " (" + shown(json["reason"]) + ")";
  if (json.contains("message")) line += ": " + shown(json["message"]);
  if (json.contains("value")) line += ", reads " + shown(json["value"]);
  return {result == to_string(CommandResult::done), line};
}

}  // namespace fieldweir
