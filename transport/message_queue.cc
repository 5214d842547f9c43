#include "transport/message_queue.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace fieldweir {
namespace {

// headers stand at multiples of this, so that what is left before the end can always hold one
constexpr std::size_t alignment = 16;

}  // namespace

std::size_t MessageQueue::record_size(std::size_t topic, std::size_t payload) {
  const std::size_t bytes = sizeof(Header) + topic + payload + 1;  // 1: the NUL
  return (bytes + alignment - 1) / alignment * alignment;
}

std::size_t MessageQueue::bytes_for(std::size_t largest_payload, std::size_t bytes) {
  static_assert(sizeof(Header) == alignment);
  return std::bit_ceil(std::max(bytes, 2 * record_size(longest_topic, largest_payload)));
}

MessageQueue::MessageQueue(std::size_t largest_payload, std::size_t bytes)
    : largest_payload_(largest_payload),
      capacity_(bytes_for(largest_payload, bytes)),
      storage_(std::make_unique_for_overwrite<char[]>(capacity_)) {}

MessageQueue::Header MessageQueue::header_at(std::size_t position) const {
  Header header;
  std::memcpy(&header, &storage_[position & (capacity_ - 1)], sizeof header);
  return header;
}

bool MessageQueue::push(std::string_view topic, std::string_view payload, Time received,
                        bool retained) noexcept {
  if (topic.size() > longest_topic) return false;
  const bool too_large = payload.size() > largest_payload_;
  if (too_large) payload = {};
  const std::size_t record = record_size(topic.size(), payload.size());
  std::size_t head = head_.load(std::memory_order_relaxed);
  const std::size_t before_end = capacity_ - (head & (capacity_ - 1));
  const std::size_t skipped = record > before_end ? before_end : 0;
  // acquire: the consumer is done with the bytes that it gave back
  if (capacity_ - (head - tail_.load(std::memory_order_acquire)) < skipped + record) return false;
  if (skipped > 0) {
    const Header mark{0, 0, 0, wrap};
    std::memcpy(at(head), &mark, sizeof mark);
    head += skipped;
  }
  const Header header{
      received, static_cast<std::uint32_t>(payload.size()),
      static_cast<std::uint16_t>(topic.size()),
      static_cast<std::uint16_t>((too_large ? cut : whole) | (retained ? kept : whole))};
  char* to = at(head);
  std::memcpy(to, &header, sizeof header);
  std::memcpy(to + sizeof header, topic.data(), topic.size());
  if (!payload.empty())
    std::memcpy(to + sizeof header + topic.size(), payload.data(), payload.size());
  to[sizeof header + topic.size() + payload.size()] = '\0';
  // release: the message is whole before the consumer can see it
  head_.store(head + record, std::memory_order_release);
  return true;
}

std::optional<MessageQueue::Message> MessageQueue::front() {
  std::size_t tail = tail_.load(std::memory_order_relaxed);
  // acquire: pairs with the release in push
  if (tail == head_.load(std::memory_order_acquire)) return std::nullopt;
  if (header_at(tail).state == wrap) {
    tail += capacity_ - (tail & (capacity_ - 1));
    tail_.store(tail, std::memory_order_release);
  }
  const Header header = header_at(tail);
  char* topic = at(tail) + sizeof header;
  return Message{header.received,
                 {topic, header.topic},
                 {topic + header.topic, header.payload},
                 (header.state & cut) != 0,
                 (header.state & kept) != 0};
}

void MessageQueue::pop() {
  const std::size_t tail = tail_.load(std::memory_order_relaxed);
  const Header header = header_at(tail);
  // release: we are done with the bytes before the producer may overwrite them
  tail_.store(tail + record_size(header.topic, header.payload), std::memory_order_release);
}

}  // namespace fieldweir
