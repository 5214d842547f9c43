#include "core/backoff.h"

#include <gtest/gtest.h>

namespace fieldweir {
namespace {

TEST(Backoff, DoublesItsCeilingAndStaysBelowTheLongest) {
  Backoff backoff(Random(1));
  Duration longest = 0;
  Time now = 0;
  for (int i = 0; i < 200; ++i) {
    const Duration wait = backoff.failed(now) - now;
    ASSERT_GT(wait, 0);
    ASSERT_LE(wait, minute);
    if (i == 0) {
      ASSERT_LE(wait, second);
    }
    longest = std::max(longest, wait);
  }
  EXPECT_GT(longest, 30 * second);  // the ceiling did grow
}

TEST(Backoff, AShortLivedConnectionDoesNotResetIt) {
  Backoff flapping(Random(7));
  Backoff failing(Random(7));
  for (Time now = 0; now < 10 * second; now += second) {
    flapping.connected(now);
    EXPECT_EQ(flapping.failed(now + millisecond) - millisecond, failing.failed(now));
  }
}

TEST(Backoff, AStableConnectionResetsIt) {
  Backoff backoff(Random(3));
  for (int i = 0; i < 20; ++i) (void)backoff.failed(0);
  backoff.connected(0);
  EXPECT_LE(backoff.failed(2 * minute) - 2 * minute, second);
}

}  // namespace
}  // namespace fieldweir
