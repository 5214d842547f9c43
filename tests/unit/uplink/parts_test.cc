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
  EXPECT_TRUE(parts.last());
  parts.next();
  EXPECT_TRUE(parts.done());
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
  std::vector<std::size_t> gaps;
  for (parts.split(batch); !parts.done(); parts.next()) {
    devices.emplace_back(parts.device());
    gaps.push_back(parts.batch().gaps.size());
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

/// What is left from `part` on, e.g. "1/4:0 2/4:1 2/2:23".
std::string from(Parts& parts, Part part) {
  std::string text;
  for (parts.go_to(part); !parts.done(); parts.next()) {
    text += (text.empty() ? "" : " ") + std::to_string(parts.part().number) + "/" +
            std::to_string(parts.part().of) + ":";
    for (const Reading& reading : parts.batch().readings) text += std::to_string(reading.time);
  }
  return text;
}

TEST(Parts, AreCutInHalvesThatAreNamedByTheirPlace) {
  const Signals signals{"a.x"};
  DecodedBatch batch = signals.batch(
      here, {float64_reading(0, 0, 0), float64_reading(0, 1, 0), float64_reading(0, 2, 0),
             float64_reading(0, 3, 0), float64_reading(0, 4, 0)});
  Parts parts(10, false);
  parts.split(batch);
  EXPECT_EQ(from(parts, {1, 1}), "1/1:01234");
  EXPECT_EQ(from(parts, first_half({1, 1})), "1/2:01 2/2:234");
  EXPECT_EQ(from(parts, first_half({2, 2})), "3/4:2 4/4:34");
  EXPECT_EQ(from(parts, first_half({4, 4})), "7/8:3 8/8:4");
  EXPECT_EQ(from(parts, first_half({1, 2})), "1/4:0 2/4:1 2/2:234");
  // what a part has does not depend on how it was come to
  EXPECT_EQ(from(parts, {8, 8}), "8/8:4");
}

TEST(Parts, OfADeviceAreCutLikewise) {
  const Signals signals{"a.x", "b.x"};
  DecodedBatch batch = signals.batch(here, {float64_reading(0, 0, 0), float64_reading(1, 1, 0),
                                            float64_reading(0, 2, 0), float64_reading(1, 3, 0)});
  batch.gaps = {{0, 1, 5, Reason::quota}};
  Parts parts(10, true);
  parts.split(batch);
  EXPECT_EQ(from(parts, {1, 2}), "1/2:02 2/2:13");
  EXPECT_EQ(from(parts, first_half({1, 2})), "1/4:0 2/4:2 2/2:13");
  EXPECT_EQ(from(parts, first_half({2, 2})), "3/4:1 4/4:3");
  parts.go_to({1, 4});
  EXPECT_EQ(parts.device(), "a");
  EXPECT_EQ(parts.batch().gaps.size(), 1u);
  parts.go_to({3, 4});
  EXPECT_EQ(parts.device(), "b");
  EXPECT_TRUE(parts.batch().gaps.empty());
}

TEST(Parts, NoHalfIsEmpty) {
  const Signals signals{"a.x"};
  for (std::size_t size = 2; size < 70; ++size) {
    DecodedBatch batch = signals.batch(here);
    for (std::size_t i = 0; i < size; ++i)
      batch.readings.push_back(float64_reading(0, static_cast<Time>(i), 0));
    Parts parts(100, false);
    parts.split(batch);
    std::vector<Part> cut = {{1, 1}};
    Time expected = 0;
    while (!cut.empty()) {
      parts.go_to(cut.back());
      cut.pop_back();
      ASSERT_FALSE(parts.batch().readings.empty()) << size;
      if (parts.batch().readings.size() == 1) {
        EXPECT_EQ(parts.batch().readings[0].time, expected++) << size;
        continue;
      }
      const Part half = first_half(parts.part());
      cut.push_back({half.number + 1, half.of});
      cut.push_back(half);
    }
    EXPECT_EQ(expected, static_cast<Time>(size));
  }
}

}  // namespace
}  // namespace fieldweir
