// mqtt_topic: a topic of the configuration with at most one placeholder,
// "zigbee2mqtt/{room}/state". The placeholder stands for exactly one level, and for the same text
// in the names of signals. Pure values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fieldweir {

struct TopicPattern {
  std::string before;       // "zigbee2mqtt/"; the whole topic if there is no placeholder
  std::string placeholder;  // "{room}", or empty
  std::string after;        // "/state"

  /// What to subscribe to: "zigbee2mqtt/+/state".
  std::string filter() const { return placeholder.empty() ? before : before + "+" + after; }

  /// What stands for the placeholder in `topic` (empty if there is none); nothing if the topic is
  /// another.
  std::optional<std::string_view> match(std::string_view topic) const;
};

/// Nothing if it is empty, too long, has '+' or '#', or a placeholder that is not a whole level.
std::optional<TopicPattern> parse_topic(std::string_view text);

}  // namespace fieldweir
