#include "core/ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

namespace fieldweir {
namespace {

TEST(Ring, KeepsOrderAcrossTheWrap) {
  Ring<int> ring(4);
  std::array<int, 3> out{};
  for (int round = 0; round < 10; ++round) {
    const std::array<int, 3> in = {round, round + 1, round + 2};
    ASSERT_EQ(ring.push(in), 3u);
    ASSERT_EQ(ring.pop(out), 3u);
    EXPECT_EQ(out, in);
  }
}

TEST(Ring, TakesOnlyWhatFits) {
  Ring<int> ring(4);
  const std::array<int, 6> in = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(ring.push(in), 4u);
  EXPECT_FALSE(ring.push(7));
  EXPECT_EQ(ring.free(), 0u);
  std::array<int, 6> out{};
  EXPECT_EQ(ring.pop(out), 4u);
  EXPECT_EQ(out[3], 4);
  EXPECT_EQ(ring.pop(out), 0u);
}

TEST(Ring, LosesAndReordersNothingBetweenTwoThreads) {
  constexpr std::uint64_t count = 1'000'000;
  Ring<std::uint64_t> ring(64);
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < count;) i += ring.push(i) ? 1 : 0;
  });
  std::uint64_t expected = 0;
  std::array<std::uint64_t, 32> out{};
  while (expected < count) {
    const std::size_t n = ring.pop(out);
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(out[i], expected++);
  }
  producer.join();
}

TEST(Ring, NeverLooksFullerThanItIsToAThirdThread) {
  Ring<int> ring(64);
  std::atomic<bool> done = false;
  std::thread both_ends([&] {
    std::array<int, 8> some{};
    for (int i = 0; i < 1'000'000; ++i) {
      ring.push(some);
      ring.pop(some);
    }
    done = true;
  });
  std::size_t largest = 0;
  while (!done) largest = std::max(largest, ring.size());
  both_ends.join();
  EXPECT_LE(largest, ring.capacity());
}

}  // namespace
}  // namespace fieldweir
