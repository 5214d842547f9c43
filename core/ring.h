// Ring: a bounded queue from one thread to one other. The gateway object owns it; exactly one
// thread pushes, exactly one pops. When it is full, push takes less than it was given and the
// producer counts the rest. Storage is allocated at construction, never after.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace fieldweir {

template <class T>
class Ring {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Room for at least `capacity` elements (rounded up to a power of two).
  explicit Ring(std::size_t capacity)
      : slots_(std::bit_ceil(std::max<std::size_t>(capacity, 2))), mask_(slots_.size() - 1) {}

  static std::size_t bytes_for(std::size_t capacity) {
    return std::bit_ceil(std::max<std::size_t>(capacity, 2)) * sizeof(T);
  }

  std::size_t capacity() const { return slots_.size(); }

  /// Elements in the ring: for the producer at most too many, for the consumer at most too few, for
  /// others a snapshot.
  std::size_t size() const {
    // tail first: it never overtakes a head that is read after it
    const std::size_t tail = tail_.load(std::memory_order_acquire);
    return std::min(head_.load(std::memory_order_acquire) - tail, capacity());
  }
  std::size_t free() const { return capacity() - size(); }

  /// Producer only. Takes elements from the front while there is room; returns how many.
  std::size_t push(std::span<const T> in) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    // acquire: the consumer's reads of the slots it gave back happen before we overwrite them
    const std::size_t room = capacity() - (head - tail_.load(std::memory_order_acquire));
    const std::size_t n = std::min(room, in.size());
    for (std::size_t i = 0; i < n; ++i) slots_[(head + i) & mask_] = in[i];
    // release: the slots are written before the consumer can see that they are there
    head_.store(head + n, std::memory_order_release);
    return n;
  }
  bool push(const T& one) { return push(std::span<const T>(&one, 1)) == 1; }

  /// Consumer only. Fills `out` from the oldest; returns how many.
  std::size_t pop(std::span<T> out) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    // acquire: pairs with the producer's release, so that the elements are whole
    const std::size_t n = std::min(head_.load(std::memory_order_acquire) - tail, out.size());
    for (std::size_t i = 0; i < n; ++i) out[i] = slots_[(tail + i) & mask_];
    // release: our reads are done before the producer may overwrite the slots
    tail_.store(tail + n, std::memory_order_release);
    return n;
  }

 private:
  std::vector<T> slots_;
  const std::size_t mask_;
  // own cache lines: otherwise each push would steal the line that the consumer polls
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace fieldweir
