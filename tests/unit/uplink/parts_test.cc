#include "uplink/parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/memory_log.h"

namespace fieldweir {
namespace {

using testing::ElementsAre;

constexpr Position here{1, 2, 3};

TEST(Parts, AreOneUnlessByDevice) {
  const Signals signals{"a.x", "b.x"};
  const DecodedBatch batch =
      signals.batch(here, {float64_reading(0, 1, 1), float64_reading(1, 1, 2)});
  Parts parts(10, false);
  parts.split(batch);
  ASSERT_FALSE(parts.done());
  EXPECT_EQ(&parts.batch(), &batch);
  EXPECT_EQ(parts.device(), "");
  EXPECT_EQ(parts.part().of, 1u);
  EXPECT_EQ(parts.readings_left(), 2u);
  parts.next();
  EXPECT_TRUE(parts.done());
  EXPECT_EQ(parts.readings_left(), 0u);
}

TEST(Parts, KeepTheOrderOfEachDevice) {
  const Signals signals{"a.x", "b.x", "a.y", "lonely"};
  DecodedBatch batch =
      signals.batch(here,
                    {float64_reading(1, 1, 1), float64_reading(0, 2, 2), float64_reading(2, 3, 3),
                     text_reading(1, 4, 0), float64_reading(3, 5, 5), float64_reading(0, 6, 6)},
                    Lane::events);
  batch.replaces_from = {1, 2, 1};
  batch.clock_synchronised = false;
  batch.gaps = {{0, 1, 5, Reason::quota}};
  batch.texts = {std::string_view("heating")};
  Parts parts(10, true);
  std::vector<std::string> devices;
  std::vector<std::vector<Time>> times;
  std::vector<std::size_t> gaps, left;
  for (parts.split(batch); !parts.done(); parts.next()) {
    devices.emplace_back(parts.device());
    gaps.push_back(parts.batch().gaps.size());
    left.push_back(parts.readings_left());
    EXPECT_EQ(parts.part().number, devices.size());
    EXPECT_EQ(parts.part().of, 3u);
    EXPECT_EQ(parts.batch().lane, Lane::events);
    EXPECT_EQ(parts.batch().position, here);
    EXPECT_EQ(parts.batch().replaces_from, batch.replaces_from);
    EXPECT_FALSE(parts.batch().clock_synchronised);
    EXPECT_EQ(parts.batch().text(0), "heating");
    for (times.emplace_back(); const Reading& reading : parts.batch().readings)
      times.back().push_back(reading.time);
  }
  EXPECT_THAT(devices, ElementsAre("b", "a", "lonely"));
  EXPECT_THAT(times, ElementsAre(ElementsAre(1, 4), ElementsAre(2, 3, 6), ElementsAre(5)));
  EXPECT_THAT(gaps, ElementsAre(1, 0, 0));
  EXPECT_THAT(left, ElementsAre(6, 4, 1));
}

TEST(Parts, GapsAloneAreOnePart) {
  const Signals signals{"a.x"};
  DecodedBatch batch = signals.batch(here);
  batch.gaps = {{0, 1, 5, Reason::quota}};
  Parts parts(10, true);
  parts.split(batch);
  ASSERT_FALSE(parts.done());
  EXPECT_EQ(parts.device(), "");
  EXPECT_EQ(parts.batch().gaps.size(), 1u);
  EXPECT_EQ(parts.part().of, 1u);
  parts.next();
  EXPECT_TRUE(parts.done());
}

}  // namespace
}  // namespace fieldweir
