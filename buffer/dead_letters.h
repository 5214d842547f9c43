// DeadLetters: readings that a destination refuses for ever, each as a batch of its own, on their
// way from the uplinks to the recorder, which keeps them in the journal. Owned by the Log; one
// short lock. Fixed size; full: the letter is counted and its bytes are lost (its readings are in
// the ledger either way).
#pragma once

#include <mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "buffer/codec.h"
#include "core/fixed_text.h"

namespace fieldweir {

class DeadLetters {
 public:
  static constexpr std::size_t most = 64;

  struct Letter {
    std::size_t uplink = 0;
    FixedText<160> why;
    std::vector<std::byte> payload;
  };

  /// Of one row, which may be a thinned one and has one text at most.
  static constexpr std::size_t payload_max =
      encoded_max(3) - (most_texts - 1) * (1 + BatchText::capacity());

  DeadLetters() : letters_(most) {
    for (Letter& letter : letters_) letter.payload.reserve(payload_max);
  }

  void put(std::size_t uplink, std::string_view why, std::span<const std::byte> payload) {
    const std::scoped_lock lock(mutex_);
    if (count_ == most) {
      ++lost_;
      return;
    }
    Letter& letter = letters_[count_++];
    letter.uplink = uplink;
    letter.why = why;
    letter.payload.assign(payload.begin(), payload.end());
  }

  std::size_t waiting() const {
    const std::scoped_lock lock(mutex_);
    return count_;
  }
  /// Recorder: how many were lost since it last asked.
  std::uint64_t take_lost() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(lost_, 0);
  }
  /// Recorder: the first `waiting()` do not move until removed.
  const Letter& operator[](std::size_t i) const { return letters_[i]; }
  void remove_first(std::size_t n) {
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = n; i < count_; ++i) std::swap(letters_[i - n], letters_[i]);
    count_ -= n;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Letter> letters_;
  std::size_t count_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace fieldweir
