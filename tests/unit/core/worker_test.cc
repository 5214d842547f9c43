#include "core/worker.h"

#include <gtest/gtest.h>

#include "tests/support/eventually.h"

namespace fieldweir {
namespace {

class Counting final : public Worker {
 public:
  std::string_view name() const override { return "counting"; }
  Time turn(Time now) override {
    ++turns;
    return now + next;
  }
  std::atomic<int> turns{0};
  std::atomic<Duration> next{hour};
};

TEST(WorkerThread, TurnsWhenRungAndEndsWhenAsked) {
  SystemClock clock;
  Counting worker;
  {
    WorkerThread thread(worker, clock);
    ASSERT_TRUE(eventually([&] { return worker.turns == 1; }));
    worker.doorbell().ring();
    ASSERT_TRUE(eventually([&] { return worker.turns == 2; }));
    thread.request_stop();
    ASSERT_TRUE(eventually([&] { return thread.ended(); }));
  }
  EXPECT_LE(worker.turns, 3);
}

TEST(WorkerThread, TurnsAgainWhenDue) {
  SystemClock clock;
  Counting worker;
  worker.next = millisecond;
  WorkerThread thread(worker, clock);
  EXPECT_TRUE(eventually([&] { return worker.turns >= 5; }));
}

TEST(SystemClock, NeverGoesBack) {
  SystemClock clock;
  Time last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const Time now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(Stop, MakesItsDescriptorReadable) {
  Stop stop;
  EXPECT_FALSE(stop.requested());
  stop.request();
  EXPECT_TRUE(stop.requested());
}

}  // namespace
}  // namespace fieldweir
