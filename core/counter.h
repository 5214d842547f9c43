// Counter: a number that one thread counts up and any thread may read. Its worker owns it.
// Plain load and store: with a single writer no read-modify-write is needed. 64 bits never wrap.
#pragma once

#include <atomic>
#include <cstdint>

namespace fieldweir {

class Counter {
 public:
  void add(std::uint64_t n = 1) { set(get() + n); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace fieldweir
