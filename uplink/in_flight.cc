#include "uplink/in_flight.h"

#include "core/check.h"

namespace fieldweir {

// not written to before use: memory that no message ever needed stays untouched
InFlight::InFlight(std::size_t messages, std::size_t bytes)
    : bytes_(new char[bytes]), size_(bytes), limit_(messages) {
  messages_.reserve(messages);
  owed_.reserve(messages);
}

std::array<std::span<char>, 2> InFlight::room() {
  char* const begin = bytes_.get();
  char* const end = begin + size_;
  if (empty()) return {std::span(begin, end), {}};
  char* const used_from = const_cast<char*>(messages_.front().body.data());
  const std::string_view newest = messages_.back().body;
  char* const used_to = const_cast<char*>(newest.data()) + newest.size();
  if (used_to <= used_from) return {std::span(used_to, used_from), {}};
  return {std::span(used_to, end), std::span(begin, used_from)};
}

void InFlight::push(const Message& message, const Owed& owed) {
  FIELDWEIR_CHECK(!full());
  messages_.push_back(message);
  owed_.push_back(owed);
}

void InFlight::pop() {
  messages_.erase(messages_.begin());
  owed_.erase(owed_.begin());
}

void InFlight::clear() {
  messages_.clear();
  owed_.clear();
}

}  // namespace fieldweir
