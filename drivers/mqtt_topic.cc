#include "drivers/mqtt_topic.h"

namespace fieldweir {

std::optional<TopicPattern> parse_topic(std::string_view text) {
  if (text.empty() || text.size() > 256) return std::nullopt;
  if (text.find_first_of(std::string_view("+#\0", 3)) != std::string_view::npos)
    return std::nullopt;
  const auto open = text.find('{');
  const auto close = text.find('}');
  if (open == std::string_view::npos && close == std::string_view::npos)
    return TopicPattern{std::string(text), {}, {}};
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  if (close < open + 2) return std::nullopt;
  const std::string_view before = text.substr(0, open);
  const std::string_view after = text.substr(close + 1);
  const bool whole_level =
      (before.empty() || before.back() == '/') && (after.empty() || after.front() == '/');
  const std::string_view name = text.substr(open + 1, close - open - 1);
  if (!whole_level || name.find_first_of("/{") != std::string_view::npos ||
      after.find_first_of("{}") != std::string_view::npos)
    return std::nullopt;
  return TopicPattern{std::string(before), std::string(text.substr(open, close - open + 1)),
                      std::string(after)};
}

std::optional<std::string_view> TopicPattern::match(std::string_view topic) const {
  if (placeholder.empty()) {
    if (topic != before) return std::nullopt;
    return std::string_view();
  }
  // at least one byte between them
  if (topic.size() <= before.size() + after.size()) return std::nullopt;
  if (!topic.starts_with(before) || !topic.ends_with(after)) return std::nullopt;
  const auto level = topic.substr(before.size(), topic.size() - before.size() - after.size());
  if (level.find('/') != std::string_view::npos) return std::nullopt;
  return level;
}

}  // namespace fieldweir
