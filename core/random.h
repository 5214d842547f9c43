// Random: the seam for chance (jitter, stream ids, simulated noise). A value type, one per owner,
// so that a seed replays exactly. Source: SplitMix64, Steele, Lea and Flood, OOPSLA 2014. Not for
// secrets.
#pragma once

#include <cstdint>

namespace fieldweir {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  /// In [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// In [0, limit); 0 for limit 0.
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }

  /// An independent generator, for a part that must not disturb its owner's sequence.
  Random fork() { return Random(next()); }

 private:
  std::uint64_t state_;
};

/// From the kernel's generator: for a process that is not a test.
std::uint64_t random_seed();

}  // namespace fieldweir
