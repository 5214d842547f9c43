// What the status says of a device's pace. The bus worker owns one of each per device and is the
// only writer; any thread reads. Fixed memory, no locks, nothing allocated.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "core/time.h"

namespace fieldweir {

/// How long answers take. Buckets four to an octave from 65 us to 69 s, so a percentile is at most
/// 25 % too high, never too low; whenever 1,024 are counted all counts are halved, so that about
/// the last thousand weigh. What is read while it is written may be off by one answer.
class LatencyHistogram {
 public:
  void add(Duration latency) {
    Count& count = counts_[bucket_of(latency)];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (++total_ < 1024) return;
    total_ = 0;
    for (Count& each : counts_) {
      const std::uint32_t half = each.load(std::memory_order_relaxed) / 2;
      each.store(half, std::memory_order_relaxed);
      total_ += half;
    }
  }

  /// The latency that `share` (0 to 1) of the answers did not exceed; 0 if there were none.
  Duration percentile(double share) const {
    std::array<std::uint32_t, buckets> counts;
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < buckets; ++i)
      total += counts[i] = counts_[i].load(std::memory_order_relaxed);
    if (total == 0) return 0;
    std::uint32_t below = 0;
    std::size_t i = 0;
    while (i + 1 < buckets && (below += counts[i]) < share * total) ++i;
    return end_of(i);
  }

 private:
  using Count = std::atomic<std::uint32_t>;
  static constexpr int first_octave = 16;  // 2^16 ns
  static constexpr std::size_t buckets = 80;

  static std::size_t bucket_of(Duration latency) {
    const auto ns = static_cast<std::uint64_t>(std::max<Duration>(latency, 1 << first_octave));
    const int octave = std::bit_width(ns) - 1;
    const std::uint64_t quarter = (ns >> (octave - 2)) & 3;
    return std::min<std::size_t>(static_cast<std::size_t>(octave - first_octave) * 4 + quarter,
                                 buckets - 1);
  }
  static Duration end_of(std::size_t bucket) {
    return static_cast<Duration>(5 + bucket % 4) << (first_octave - 2 + bucket / 4);
  }

  std::array<Count, buckets> counts_{};
  std::uint32_t total_ = 0;  // the writer's
};

/// How often something happens, over the last ten seconds or more; at first over one.
class PaceMeter {
 public:
  void look(Time now, std::uint64_t count) {
    if (since_ != 0 && now - since_ < window_) return;
    if (since_ != 0) {
      const double passed = static_cast<double>(now - since_) / second;
      per_second_.store(static_cast<double>(count - before_) / passed, std::memory_order_relaxed);
      window_ = 10 * second;
    }
    since_ = now;
    before_ = count;
  }
  double per_second() const { return per_second_.load(std::memory_order_relaxed); }

 private:
  Duration window_ = second;
  Time since_ = 0;
  std::uint64_t before_ = 0;
  std::atomic<double> per_second_{0};
};

}  // namespace fieldweir
