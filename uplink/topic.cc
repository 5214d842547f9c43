#include "uplink/topic.h"

#include <algorithm>

namespace fieldweir {

bool is_publish_topic(std::string_view topic, std::span<const std::string_view> known) {
  if (topic.empty() || topic.size() > 128 || topic.front() == '/' || topic.back() == '/')
    return false;
  if (topic.find_first_of(std::string_view("+#\0", 3)) != std::string_view::npos) return false;
  std::string_view rest = topic;
  for (std::size_t at; (at = rest.find_first_of("{}")) != std::string_view::npos;) {
    const std::size_t end = rest.find('}', at);
    if (rest[at] == '}' || end == std::string_view::npos) return false;
    if (std::ranges::find(known, rest.substr(at + 1, end - at - 1)) == known.end()) return false;
    rest.remove_prefix(end + 1);
  }
  return true;
}

std::string fill_in(std::string topic,
                    const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  for (const auto& [name, value] : values) {
    const std::string placeholder = "{" + std::string(name) + "}";
    // behind what was put in: a value may look like a placeholder
    for (std::size_t at = 0; (at = topic.find(placeholder, at)) != std::string::npos;
         at += value.size())
      topic.replace(at, placeholder.size(), value);
  }
  return topic;
}

}  // namespace fieldweir
