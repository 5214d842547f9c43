// MessageQueue: MQTT messages on their way from Paho's one thread to the thread of the client's
// owner. The MqttClient owns it. Exactly one thread pushes, exactly one takes; no locks, no
// allocation after construction. Full: push refuses and the producer counts. A payload over the
// limit is not copied, but its topic is, so that the reader can say which signals it has not heard.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "core/time.h"

namespace fieldweir {

class MessageQueue {
 public:
  static constexpr std::size_t longest_topic = 512;

  /// Room for `bytes` of messages, and for at least two of the largest.
  MessageQueue(std::size_t largest_payload, std::size_t bytes);

  static std::size_t bytes_for(std::size_t largest_payload, std::size_t bytes);

  struct Message {
    Time received = 0;
    std::string_view topic;
    std::span<char> payload;  // may be changed while it is the front; a NUL follows its last byte
    bool too_large = false;   // the payload was over the limit and is empty here
    bool retained = false;    // the broker had kept it: nobody may have sent it just now
  };

  /// Producer only. False if there is no room, or the topic is too long.
  bool push(std::string_view topic, std::string_view payload, Time received,
            bool retained = false) noexcept;

  /// Consumer only. The oldest message, valid until pop().
  std::optional<Message> front();
  void pop();

 private:
  /// Bits; `wrap`: no more before the end of the storage.
  enum State : std::uint16_t { whole = 0, cut = 1, kept = 2, wrap = 4 };
  struct Header {
    Time received;
    std::uint32_t payload;  // bytes
    std::uint16_t topic;    // bytes
    std::uint16_t state;
  };
  static std::size_t record_size(std::size_t topic, std::size_t payload);
  Header header_at(std::size_t position) const;
  char* at(std::size_t position) { return &storage_[position & (capacity_ - 1)]; }

  const std::size_t largest_payload_;
  const std::size_t capacity_;  // a power of two
  std::unique_ptr<char[]> storage_;
  // both count bytes and only grow; own cache lines, as in Ring
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace fieldweir
