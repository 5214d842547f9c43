// topic: topics that we publish to, with placeholders in braces. Pure; used while starting.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fieldweir {

/// Not empty, at most 128 bytes, no wildcard, no NUL, no '/' at either end, and nothing in braces
/// but the names in `known`.
bool is_publish_topic(std::string_view topic, std::span<const std::string_view> known);

/// `topic` with each {name} replaced by its value.
std::string fill_in(std::string topic,
                    const std::vector<std::pair<std::string_view, std::string_view>>& values);

}  // namespace fieldweir
