// Addresses both ways, and registers in every type and order.
#include "drivers/modbus/interpret.h"

#include <gmock/gmock.h>

#include "drivers/modbus/device.h"

namespace fieldweir {
namespace {

using testing::HasSubstr;

TEST(Interpret, ModiconStyleReadsBackToTheSameAddress) {
  for (const ModbusTable table : modbus_tables)
    for (unsigned address = 0; address <= UINT16_MAX; ++address) {
      const auto written = modicon_style(table, static_cast<std::uint16_t>(address));
      ASSERT_EQ(zero_based(Addressing::modicon, table, std::stoll(written)), address) << written;
    }
}

TEST(Interpret, AddressesLookAsInManuals) {
  EXPECT_EQ(modicon_style(ModbusTable::holding, 100), "40101");
  EXPECT_EQ(modicon_style(ModbusTable::input, 0), "30001");
  EXPECT_EQ(modicon_style(ModbusTable::discrete, 9), "10010");
  EXPECT_EQ(modicon_style(ModbusTable::coil, 0), "1");
  EXPECT_EQ(modicon_style(ModbusTable::holding, 9'998), "49999");
  EXPECT_EQ(modicon_style(ModbusTable::holding, 9'999), "410000");
}

TEST(Interpret, EveryTypeOfNumberInEveryOrderOnce) {
  const auto all = interpretations();
  // 16 bits: 2 types x 2 byte orders; wider: 3 and 3 types x 4 orders
  EXPECT_EQ(all.size(), 4u + 12 + 12);
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(all[i] == all[j]);
}

TEST(Interpret, AllShowsTheValueThatIsThere) {
  // 230.4 as a float32, low word first: 0x43666666
  const std::uint8_t data[] = {0x66, 0x66, 0x43, 0x66};
  const auto rows = interpreted_rows(ModbusTable::input, 110, data);
  const Row wanted = {"110", "30111", "float32", "little", "big", "230.4"};
  EXPECT_THAT(rows, testing::Contains(wanted));
  EXPECT_EQ(rows.size(), 1u + 4 + 12);  // nothing of 64 bits in two registers
}

TEST(Interpret, PlainRowsShowRegistersAndBitsAsTheyAre) {
  const std::uint8_t registers[] = {0xFF, 0xFE, 0x41, 0x42};
  const auto rows = plain_rows(ModbusTable::holding, 7, registers, 2);
  EXPECT_EQ(rows[1], (Row{"7", "40008", "65534", "-2", "0xFFFE", ".."}));
  EXPECT_EQ(rows[2], (Row{"8", "40009", "16706", "16706", "0x4142", "AB"}));
  const std::uint8_t bits[] = {0x05};
  EXPECT_EQ(plain_rows(ModbusTable::coil, 0, bits, 3)[2], (Row{"1", "2", "false"}));
}

TEST(Interpret, ExceptionsNameTheNextStep) {
  const auto missing = explain_exception(2, ModbusTable::holding, 40'100, 1);
  EXPECT_THAT(missing, HasSubstr("try 40099"));
  EXPECT_THAT(missing, HasSubstr("try input"));
  EXPECT_THAT(missing, HasSubstr("--addressing modicon"));
  EXPECT_THAT(explain_exception(2, ModbusTable::input, 0, 1), HasSubstr("try 1."));
  EXPECT_THAT(explain_exception(3, ModbusTable::input, 0, 100), HasSubstr("smaller"));
  EXPECT_THAT(explain_exception(11, ModbusTable::input, 0, 1), HasSubstr("--unit"));
}

}  // namespace
}  // namespace fieldweir
