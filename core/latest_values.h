// LatestValues: the newest reading of every signal. Owned by the gateway object, written only by
// the pipeline thread, read by anyone (status, local publisher). A reader never blocks the writer:
// it retries while a write is under way. Fixed size; a signal never written reads as `nothing`.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/check.h"
#include "core/reading.h"

namespace fieldweir {

class LatestValues {
 public:
  explicit LatestValues(std::size_t signals) : slots_(signals) {}

  static std::size_t bytes_for(std::size_t signals) { return signals * sizeof(Slot); }

  /// Pipeline thread only.
  void write(const Reading& reading) {
    FIELDWEIR_CHECK(reading.signal < slots_.size());
    Slot& slot = slots_[reading.signal];
    const Words words = std::bit_cast<Words>(reading);
    const std::uint32_t version = slot.version.load(std::memory_order_relaxed);
    slot.version.store(version + 1, std::memory_order_relaxed);
    // release fence: a reader that sees any new word also sees the odd version
    std::atomic_thread_fence(std::memory_order_release);
    for (int i = 0; i < 3; ++i) slot.words[i].store(words.w[i], std::memory_order_relaxed);
    // release: a reader that sees the even version sees all three words
    slot.version.store(version + 2, std::memory_order_release);
  }

  /// Any thread. Bounded: gives up after 1,000 collisions with the writer and reports nothing.
  std::optional<Reading> read(SignalId signal) const {
    FIELDWEIR_CHECK(signal < slots_.size());
    const Slot& slot = slots_[signal];
    for (int attempt = 0; attempt < 1000; ++attempt) {
      const std::uint32_t before = slot.version.load(std::memory_order_acquire);
      if (before == 0) return std::nullopt;
      if (before % 2 != 0) continue;
      Words words;
      for (int i = 0; i < 3; ++i) words.w[i] = slot.words[i].load(std::memory_order_relaxed);
      // acquire fence: if a word is newer than `before`, the version read below differs
      std::atomic_thread_fence(std::memory_order_acquire);
      if (slot.version.load(std::memory_order_relaxed) == before)
        return std::bit_cast<Reading>(words);
    }
    return std::nullopt;
  }

  /// Counts the writes of a signal (wraps at 2^31): lets a reader see what changed.
  std::uint32_t version(SignalId signal) const {
    return slots_[signal].version.load(std::memory_order_acquire) / 2;
  }

  std::size_t size() const { return slots_.size(); }

 private:
  struct Words {
    std::uint64_t w[3];
  };
  struct Slot {
    std::atomic<std::uint64_t> words[3] = {};
    std::atomic<std::uint32_t> version{0};
  };
  std::vector<Slot> slots_;
};

}  // namespace fieldweir
