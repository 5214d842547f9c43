#include "uplink/selection.h"

#include <gtest/gtest.h>

#include "tests/support/memory_log.h"

namespace fieldweir {
namespace {

std::vector<SignalId> kept(Selection& selection, const Signals& signals) {
  DecodedBatch batch = signals.batch({1, 1, 1});
  for (SignalId id = 0; id < signals.table().size(); ++id)
    batch.readings.push_back(float64_reading(id, 0, 1));
  const std::size_t before = batch.readings.size();
  const std::size_t taken_out = selection.keep_selected(batch);
  EXPECT_EQ(before - taken_out, batch.readings.size());
  std::vector<SignalId> ids;
  for (const Reading& reading : batch.readings) ids.push_back(reading.signal);
  return ids;
}

TEST(Selection, KeepsWhatAnyGlobMatches) {
  const Signals signals{"boiler.temp", "press.force", "rooms.hall.temp"};
  Selection selection({"boiler.*", "*.hall.*"});
  EXPECT_EQ(kept(selection, signals), (std::vector<SignalId>{0, 2}));
  EXPECT_EQ(kept(selection, signals), (std::vector<SignalId>{0, 2}));
}

TEST(Selection, NumbersOfAnEarlierRunMeanOtherSignals) {
  Selection selection({"boiler.*"});
  EXPECT_EQ(kept(selection, Signals{"boiler.temp", "press.force"}), std::vector<SignalId>{0});
  EXPECT_EQ(kept(selection, Signals{"press.force", "boiler.temp"}), std::vector<SignalId>{1});
}

TEST(Selection, WorksBeyondTheNumbersItRemembers) {
  SignalTable table(Selection::remembered + 2);
  for (std::size_t i = 0; i < Selection::remembered + 2; ++i)
    table.define({.name = std::string_view((i % 2 ? "a." : "b.") + std::to_string(i))});
  Selection selection({"a.*"});
  for (SignalId id = 0; id < table.size(); ++id)
    EXPECT_EQ(selection.selects(id, table[id].name), id % 2 == 1);
}

}  // namespace
}  // namespace fieldweir
