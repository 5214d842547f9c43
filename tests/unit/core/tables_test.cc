#include <gtest/gtest.h>

#include <string>

#include "core/signal_table.h"
#include "core/text_table.h"

namespace fieldweir {
namespace {

TEST(TextTable, GivesOneNumberToOneText) {
  TextTable texts(2);
  const auto heating = texts.intern("heating");
  ASSERT_TRUE(heating);
  EXPECT_EQ(texts.intern("heating"), heating);
  EXPECT_EQ(texts[*heating], "heating");
}

TEST(TextTable, RefusesOnlyNewTextsWhenFull) {
  TextTable texts(2);
  const auto first = texts.intern("a");
  ASSERT_TRUE(texts.intern("b"));
  EXPECT_FALSE(texts.intern("c"));
  EXPECT_EQ(texts.intern("a"), first);
}

TEST(SignalTable, NamesReservedEntriesLater) {
  SignalTable signals(4);
  signals.define(
      {.name = SignalName("boiler.temp"), .unit = UnitName("°C"), .kind = Kind::float64});
  const SignalId rooms = signals.reserve(2, {.kind = Kind::boolean});
  EXPECT_FALSE(signals.known(rooms));
  EXPECT_TRUE(signals[rooms].name.empty());
  signals.claim(rooms, "rooms.kitchen.contact");
  EXPECT_EQ(signals.find("rooms.kitchen.contact"), rooms);
  EXPECT_EQ(signals[rooms].kind, Kind::boolean);
  EXPECT_FALSE(signals.find("rooms.hall.contact"));
}

TEST(SignalTableDeathTest, ClaimingTwiceIsABug) {
  SignalTable signals(1);
  const SignalId id = signals.reserve(1, {});
  signals.claim(id, "a");
  EXPECT_DEATH(signals.claim(id, "b"), "bug");
}

}  // namespace
}  // namespace fieldweir
