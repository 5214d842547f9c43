#include "core/latest_values.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace fieldweir {
namespace {

TEST(LatestValues, ReadsNothingBeforeTheFirstWrite) {
  LatestValues latest(2);
  EXPECT_FALSE(latest.read(0).has_value());
  latest.write(float64_reading(1, 5, 1.5));
  EXPECT_FALSE(latest.read(0).has_value());
  EXPECT_EQ(latest.read(1), float64_reading(1, 5, 1.5));
}

TEST(LatestValues, NeverShowsHalfAReading) {
  LatestValues latest(1);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::int64_t i = 0; i < 300'000; ++i) latest.write(int64_reading(0, i, i));
    done = true;
  });
  while (!done) {
    if (const auto reading = latest.read(0)) {
      ASSERT_EQ(reading->time, reading->as_int64());
    }
  }
  writer.join();
}

}  // namespace
}  // namespace fieldweir
