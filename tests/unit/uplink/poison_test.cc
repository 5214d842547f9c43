// Poison: what a destination refuses for ever is cut down to the reading that is to blame.

#include <map>
#include <set>

#include "tests/unit/uplink/delivery_rig.h"

namespace fieldweir {
namespace {

class PoisonTest : public DeliveryTest {
 protected:
  PoisonTest() {
    script.refuses = [this](const nlohmann::json& message) {
      if (refusals_left == 0) ADD_FAILURE() << "cut without end";
      for (const auto& reading : message["readings"])
        if (!reading.contains("gap") && poison.contains(reading["value"].get<double>()))
          return refusals_left-- > 0;
      return false;
    };
  }

  /// Readings with the values from..to, of two devices in turn.
  void add_values(std::uint64_t seq, int from, int to) {
    std::vector<Reading> readings;
    for (int value = from; value <= to; ++value)
      readings.push_back(
          float64_reading(static_cast<SignalId>(value % 2), FakeClock::start, value));
    log.add(signals.batch({7, 1, seq}, readings));
  }
  /// Of all messages that were taken; one that came twice must be the same.
  std::multiset<double> taken_values() const {
    std::map<std::string, nlohmann::json> known;
    std::multiset<double> values;
    for (const auto& message : script.taken) {
      const std::string name =
          message["seq"].dump() + (message.contains("part") ? message["part"].dump() : "");
      const auto [at, fresh] = known.emplace(name, message);
      EXPECT_EQ(at->second, message);
      if (!fresh) continue;
      for (const auto& reading : message["readings"]) values.insert(reading["value"].get<double>());
    }
    return values;
  }
  std::multiset<double> all_but_poison(int from, int to) const {
    std::multiset<double> values;
    for (int value = from; value <= to; ++value)
      if (!poison.contains(value)) values.insert(value);
    return values;
  }

  std::set<double> poison;
  int refusals_left = 1'000;
};

TEST_F(PoisonTest, OneReadingIsPutAsideAndAllOthersAreDelivered) {
  poison = {113};
  add_values(1, 1, 50);
  add_values(2, 101, 150);
  add_values(3, 201, 250);
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(taken_values().size(), 149u);
  EXPECT_EQ(log.dead(), (std::vector<std::pair<std::uint64_t, std::string>>{{2, "422"}}));
  EXPECT_EQ(log.total().delivered, 149u);
  EXPECT_EQ(log.total().dead_lettered, 1u);
  EXPECT_EQ(acknowledged().seq, 3u);
  EXPECT_EQ(delivery().status().dead_letters, 1u);
  // once per level, 50 = 2^5.6
  EXPECT_GE(refusals_left, 1'000 - 7);
  // the next batch does not show what became of this one
  EXPECT_EQ(script.taken.back()["prev"], nlohmann::json({1, 2}));
}

TEST_F(PoisonTest, AnyNumberOfThemIsFound) {
  for (int trial = 0; trial < 20; ++trial) {
    SCOPED_TRACE(trial);
    Random random(static_cast<std::uint64_t>(trial));
    settings.by_device = trial % 2 == 1;
    script.limit = 1 + random.below(8);
    const int base = trial * 1'000;
    const auto seq = static_cast<std::uint64_t>(trial * 3 + 1);
    poison.clear();
    for (int i = 0; i < 10; ++i) poison.insert(base + 1 + static_cast<int>(random.below(90)));
    restart();
    const auto before = log.total();
    script.taken.clear();
    for (std::uint64_t i = 0; i < 3; ++i)
      add_values(seq + i, base + static_cast<int>(i) * 30 + 1,
                 base + static_cast<int>(i) * 30 + 30);
    EXPECT_EQ(settle(), never);
    EXPECT_EQ(taken_values(), all_but_poison(base + 1, base + 90));
    EXPECT_EQ(log.total().dead_lettered - before.dead_lettered, poison.size());
    EXPECT_EQ(log.total().delivered - before.delivered, 90 - poison.size());
    refusals_left = 1'000;
  }
}

TEST_F(PoisonTest, ARestartInTheMidstRepeatsOnlyUnderTheSameNames) {
  for (int turns = 1; turns < 25; ++turns) {
    SCOPED_TRACE(turns);
    const int base = turns * 100;
    const auto before = log.total();
    script.taken.clear();
    poison = {base + 7.0, base + 23.0};
    add_values(static_cast<std::uint64_t>(turns), base + 1, base + 40);
    for (int i = 0; i < turns; ++i) delivery().turn(clock.now());
    restart();
    EXPECT_EQ(settle(), never);
    EXPECT_EQ(taken_values(), all_but_poison(base + 1, base + 40));
    EXPECT_EQ(log.total().delivered - before.delivered, 38u);
    EXPECT_EQ(log.total().dead_lettered - before.dead_lettered, 2u);
    refusals_left = 1'000;
  }
}

TEST_F(PoisonTest, AFailureInTheMidstCostsNothing) {
  poison = {17};
  add_values(1, 1, 40);
  add_values(2, 41, 80);
  for (int i = 0; i < 30; ++i) {
    if (i % 3 == 2) script.answers = {{.verdict = Verdict::retry}};
    const Duration wait = settle();
    if (wait == never) break;
    clock.advance(wait);
  }
  EXPECT_EQ(taken_values(), all_but_poison(1, 80));
  EXPECT_EQ(log.total().delivered, 79u);
  EXPECT_EQ(log.total().dead_lettered, 1u);
}

TEST_F(PoisonTest, EverythingMayBeRefused) {
  for (int value = 1; value <= 60; ++value) poison.insert(value);
  add_values(1, 1, 60);
  add_values(2, 61, 90);
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(log.total().dead_lettered, 60u);
  EXPECT_EQ(log.total().delivered, 30u);
  EXPECT_EQ(log.dead().size(), 60u);
}

TEST_F(PoisonTest, GapMarksAreNotPutAsideWithTheReadingBesideThem) {
  for (const int readings : {1, 4}) {
    SCOPED_TRACE(readings);
    const auto before = log.total();
    script.taken.clear();
    poison = {readings * 10.0};
    DecodedBatch batch = signals.batch({7, 1, static_cast<std::uint64_t>(readings)});
    for (int i = 0; i < readings; ++i)
      batch.readings.push_back(float64_reading(0, FakeClock::start, readings * 10 + i));
    batch.gaps = {{0, second, 5, Reason::quota}};
    log.add(batch);
    EXPECT_EQ(settle(), never);
    int marks = 0;
    for (const auto& message : script.taken)
      for (const auto& entry : message["readings"]) marks += entry.contains("gap") ? 1 : 0;
    EXPECT_EQ(marks, 1);
    EXPECT_EQ(log.total().dead_lettered - before.dead_lettered, 1u);
    EXPECT_EQ(log.total().delivered - before.delivered, static_cast<unsigned>(readings - 1));
  }
}

TEST_F(PoisonTest, AMarkAloneThatIsRefusedIsPutAside) {
  script.refuses = [](const nlohmann::json& message) {
    return message["readings"][0].contains("gap");
  };
  DecodedBatch mark = signals.batch({7, 1, 1});
  mark.gaps = {{0, second, 5, Reason::quota}};
  log.add(mark);
  add_values(2, 1, 2);
  EXPECT_EQ(settle(), never);
  EXPECT_EQ(log.dead().size(), 1u);
  EXPECT_EQ(log.total().delivered, 2u);
  EXPECT_EQ(acknowledged().seq, 2u);
}

}  // namespace
}  // namespace fieldweir
