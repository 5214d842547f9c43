// TextTable: every text value (state names, serial numbers; at most 64 bytes) is kept once and
// named by a number, so that a Reading stays 24 bytes. Owned by the gateway object. Fixed size,
// write-once: nothing is ever removed. Any thread may intern (a short lock) and read (no lock).
// When it is full, intern gives nothing and the caller marks the reading bad(text table full).
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "core/fixed_text.h"

namespace fieldweir {

class TextTable {
 public:
  static constexpr std::size_t longest = 64;
  /// What is kept of one signal that says texts of its own: more of them must not take the room of
  /// the others'.
  static constexpr std::size_t share = 32;

  explicit TextTable(std::size_t capacity);

  static std::size_t bytes_for(std::size_t capacity);

  /// The number of `text` (at most `longest` bytes), remembering it if it is new.
  std::optional<std::uint32_t> intern(std::string_view text);

  /// Its number if it is known already.
  std::optional<std::uint32_t> find(std::string_view text) const;

  std::string_view operator[](std::uint32_t id) const;
  std::size_t size() const { return size_.load(std::memory_order_acquire); }
  std::size_t capacity() const { return texts_.size(); }

 private:
  /// The bucket that names the text, or the free one where it belongs. Under the lock.
  std::size_t bucket_of(std::string_view text) const;

  std::vector<FixedText<longest>> texts_;
  std::vector<std::uint32_t> buckets_;  // open addressing; 0 is empty, else id + 1
  std::atomic<std::size_t> size_{0};
  mutable std::mutex writing_;
};

}  // namespace fieldweir
