#include "drivers/simulate.h"

#include <cmath>

#include "tests/support/fake_clock.h"
#include "tests/unit/drivers/rig.h"

namespace fieldweir {
namespace {

const std::string demo =
    "name: demo\n"
    "simulate: {interval: 250ms, seed: 7}\n"
    "signals:\n"
    "  - {name: temp, wave: sine, mean: 60, amplitude: 5, period: 2m, noise: 0.3}\n"
    "  - {name: pump, wave: square, period: 40s, type: bool}\n"
    "  - {name: count, wave: ramp, mean: 100, amplitude: 100, period: 10s, type: int64}\n";

std::vector<Reading> run(Duration duration) {
  FakeClock clock;
  Rig rig("simulate", {demo}, clock, 1 << 16);
  for (const Time end = clock.now() + duration; clock.now() < end;)
    clock.set(std::max(clock.now(), rig.worker.turn(clock.now())));
  return rig.drain();
}

TEST(Simulate, WavesStayWithinTheirBoundsAndMove) {
  double low = 1e9;
  double high = -1e9;
  int on = 0;
  int samples = 0;
  for (const Reading& reading : run(2 * minute)) {
    ASSERT_EQ(reading.quality, Quality::good);
    if (reading.signal == 0) {
      low = std::min(low, reading.as_float64());
      high = std::max(high, reading.as_float64());
    }
    if (reading.signal == 1) {
      ++samples;
      on += reading.as_boolean();
    }
    if (reading.signal == 2) {
      ASSERT_EQ(reading.kind, Kind::int64);
      ASSERT_LE(std::abs(reading.as_int64() - 100), 100);
    }
  }
  EXPECT_NEAR(low, 55, 0.4);
  EXPECT_NEAR(high, 65, 0.4);
  EXPECT_NEAR(samples, 480, 2);
  EXPECT_NEAR(on, samples / 2, 2);
}

TEST(Simulate, RepeatsExactly) { EXPECT_EQ(run(10 * second), run(10 * second)); }

TEST(Simulate, RefusesWhatItDoesNotKnow) {
  std::string mistakes;
  EXPECT_EQ(read_device("simulate", "name: a\nsimulate: {intervall: 1s}\nsignals: []\n", &mistakes),
            nullptr);
  EXPECT_NE(mistakes.find("interval"), std::string::npos) << mistakes;
}

}  // namespace
}  // namespace fieldweir
