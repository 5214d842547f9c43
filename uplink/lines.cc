#include "uplink/lines.h"

#include <algorithm>

namespace fieldweir {

Lines::Lines(std::size_t most) : most_(most), allowed_(most) {
  if (most > 1) body_.reserve(most_bytes);
}

std::string_view Lines::join(std::span<const Message> window) {
  count_ = 1;
  if (allowed_ == 1 || window.size() == 1) return window.front().body;
  body_.clear();
  std::size_t lines = 0;
  for (const Message& message : window.first(std::min(allowed_, window.size()))) {
    if (body_.size() + message.body.size() + 1 > most_bytes) break;
    body_ += message.body;
    if (!message.body.ends_with('\n')) body_ += '\n';
    ++lines;
  }
  if (lines <= 1) return window.front().body;
  count_ = lines;
  return body_;
}

void Lines::taken() { allowed_ = std::min(2 * allowed_, most_); }

bool Lines::refused() {
  allowed_ = std::max<std::size_t>(count_ / 2, 1);
  return count_ == 1;
}

}  // namespace fieldweir
