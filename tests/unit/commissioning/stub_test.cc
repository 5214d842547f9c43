// What a scan prints is a configuration.
#include "drivers/modbus/stub.h"

#include <gmock/gmock.h>

#include "daemon/settings.h"
#include "drivers/modbus/device.h"

namespace fieldweir {
namespace {

using testing::HasSubstr;
using testing::Not;

Survey survey_of(std::vector<Survey::Island> islands) {
  Survey survey;
  survey.islands = std::move(islands);
  survey.requests = 10;
  survey.finest = 1;
  survey.most = 125;
  return survey;
}

Survey::Island registers(std::uint16_t first, std::uint16_t count) {
  return {{first, static_cast<std::uint16_t>(first + count - 1)},
          std::vector<std::uint8_t>(2u * count, 1)};
}

const std::string endpoint = "modbus_tcp: {host: \"192.0.2.10\", unit: 3}";

Settings accepted(const std::string& text) {
  config::Mistakes mistakes;
  Settings settings = load_settings_text("stub", text, mistakes);
  EXPECT_TRUE(mistakes.empty()) << mistakes.text() << text;
  return settings;
}

TEST(Stub, IsAcceptedAsItIs) {
  ScannedDevice device{"unit_3", endpoint, {{"vendor name", "ACME"}}, {}};
  device.tables = {{ModbusTable::coil, survey_of({{{0, 3}, {0x05}}})},
                   {ModbusTable::discrete, survey_of({})},
                   {ModbusTable::input, survey_of({registers(100, 3), registers(65'535, 1)})},
                   {ModbusTable::holding, survey_of({registers(0, 125)})}};
  const std::string text = configuration_stub(device);
  const Settings settings = accepted(text);
  ASSERT_EQ(settings.devices.size(), 1u);
  const auto& modbus = dynamic_cast<const ModbusDevice&>(*settings.devices[0].settings);
  EXPECT_EQ(modbus.endpoint.unit, 3);
  EXPECT_EQ(modbus.modbus_signals.size(), 4u + 3 + 1 + 8);  // of a long range only the first
  EXPECT_THAT(text, HasSubstr("# vendor name: ACME\n"));
  EXPECT_THAT(text, HasSubstr("# 125 holding registers: 0 to 124 (40001 to 40125)\n"));
  EXPECT_THAT(text, HasSubstr("address: 2, type: bool}  # was true"));
}

TEST(Stub, SaysWhatMayHaveBeenMissed) {
  ScannedDevice device{"unit_3", endpoint, {}, {}};
  Survey coarse = survey_of({registers(0, 2)});
  coarse.finest = 16;
  Survey refused = survey_of({});
  refused.exception = 1;
  Survey ended = survey_of({});
  ended.ended = error(Reason::timeout, "no answer in time");
  device.tables = {
      {ModbusTable::coil, refused}, {ModbusTable::input, ended}, {ModbusTable::holding, coarse}};
  const std::string text = configuration_stub(device);
  accepted(text);
  EXPECT_THAT(text, HasSubstr("# coils: illegal function\n"));
  EXPECT_THAT(text, HasSubstr("# input registers: ended early, no answer in time\n"));
  EXPECT_THAT(text, HasSubstr("# holding registers: ranges of fewer than 16 may have been missed"));
}

TEST(Stub, CarriesALearntLimit) {
  ScannedDevice device{
      "unit_3", endpoint, {}, {{ModbusTable::holding, survey_of({registers(0, 9)})}}};
  EXPECT_THAT(configuration_stub(device), Not(HasSubstr("max_read")));
  device.tables[0].survey.most = 31;
  const Settings settings = accepted(configuration_stub(device));
  EXPECT_EQ(dynamic_cast<const ModbusDevice&>(*settings.devices[0].settings).max_read, 31);
}

TEST(Stub, WhatADeviceSaysOfItselfCannotLeaveItsComment) {
  ScannedDevice device{"unit_3",
                       endpoint,
                       {{"vendor name", "A\nversion: 2\r\n\x01\xff"}},
                       {{ModbusTable::holding, survey_of({registers(0, 1)})}}};
  EXPECT_THAT(configuration_stub(device), HasSubstr("# vendor name: A?version: 2????\n"));
  accepted(configuration_stub(device));
}

TEST(Stub, WithoutAnythingReadableThereAreOnlyComments) {
  const ScannedDevice device{"unit_3", endpoint, {}, {{ModbusTable::holding, survey_of({})}}};
  EXPECT_EQ(configuration_stub(device), "# nothing was found in what was asked; look closer: --range 0..999 --table input\n");
}

TEST(Stub, HundredsOfIslandsStayAFile) {
  ScannedDevice device{"unit_3", endpoint, {}, {{ModbusTable::holding, survey_of({})}}};
  for (unsigned i = 0; i < 400; ++i)
    device.tables[0].survey.islands.push_back(registers(static_cast<std::uint16_t>(10 * i), 3));
  const Settings settings = accepted(configuration_stub(device));
  EXPECT_EQ(dynamic_cast<const ModbusDevice&>(*settings.devices[0].settings).modbus_signals.size(),
            64u);
}

}  // namespace
}  // namespace fieldweir
