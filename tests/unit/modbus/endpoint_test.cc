#include "drivers/modbus/endpoint.h"

#include <gtest/gtest.h>

namespace fieldweir {
namespace {

ModbusEndpoint serial(int baud, SerialFormat format) {
  ModbusEndpoint endpoint;
  endpoint.serial = "/dev/ttyUSB0";
  endpoint.baud = baud;
  endpoint.format = format;
  return endpoint;
}

TEST(ModbusEndpoint, NamesItsBus) {
  ModbusEndpoint tcp;
  tcp.host = "192.0.2.10";
  EXPECT_EQ(bus_of(tcp), "modbus_tcp 192.0.2.10:502");
  tcp.framing = ModbusFraming::rtu;  // the same bus, and so found to disagree
  EXPECT_EQ(bus_of(tcp), "modbus_tcp 192.0.2.10:502");
  EXPECT_EQ(bus_of(serial(9600, SerialFormat::n81)), "modbus_rtu /dev/ttyUSB0");
}

TEST(ModbusEndpoint, NamesWhatDevicesOnOneBusDisagreeAbout) {
  const ModbusEndpoint one = serial(9600, SerialFormat::n81);
  const auto disagreement = [&](auto change) {
    ModbusEndpoint other = one;
    change(other);
    EXPECT_EQ(bus_disagreement(one, other), bus_disagreement(other, one));
    return bus_disagreement(one, other);
  };
  EXPECT_EQ(disagreement([](auto& e) { e.unit = 9, e.timeout = minute, e.retries = 5; }), "");
  EXPECT_EQ(disagreement([](auto& e) { e.baud = 19'200; }), "baud");
  EXPECT_EQ(disagreement([](auto& e) { e.format = SerialFormat::e81; }), "format");
  EXPECT_EQ(disagreement([](auto& e) { e.rs485 = true; }), "rs485");
  EXPECT_EQ(disagreement([](auto& e) { e.quiet_time = second; }), "quiet_time");
  EXPECT_EQ(disagreement([](auto& e) { e.framing = ModbusFraming::rtu; }), "framing");
  EXPECT_EQ(disagreement([](auto& e) { e.close_after = 0; }), "connection");
  EXPECT_EQ(disagreement([](auto& e) { e.pause_after_connect = 1; }), "pause_after_connect");
}

TEST(ModbusEndpoint, KnowsHowLongALineIsToBeQuiet) {
  // 3.5 characters of 11 bits at 9,600 baud
  EXPECT_NEAR(quiet_time(serial(9600, SerialFormat::e81)), 4.01 * millisecond, 0.01 * millisecond);
  EXPECT_NEAR(quiet_time(serial(9600, SerialFormat::n81)), 3.65 * millisecond, 0.01 * millisecond);
  EXPECT_NEAR(quiet_time(serial(300, SerialFormat::n82)), 128.3 * millisecond, 0.1 * millisecond);
  EXPECT_EQ(quiet_time(serial(38'400, SerialFormat::n81)), 1'750 * microsecond);
  ModbusEndpoint tcp;
  EXPECT_EQ(quiet_time(tcp), 0);
  tcp.framing = ModbusFraming::rtu;
  EXPECT_EQ(quiet_time(tcp), 5 * millisecond);
  tcp.quiet_time = 0;
  EXPECT_EQ(quiet_time(tcp), 0);
  EXPECT_EQ(character_time(tcp), 0);
}

TEST(ModbusEndpoint, OnALineUnit0IsEverybodyAndNoDevice) {
  ModbusEndpoint endpoint;
  endpoint.unit = 0;
  EXPECT_EQ(endpoint_mistake(endpoint), "");
  endpoint.framing = ModbusFraming::rtu;
  EXPECT_EQ(endpoint_mistake(endpoint), "unit 0 with framing rtu; expected 1 to 247");
}

TEST(ModbusEndpoint, KnowsItsCharacters) {
  EXPECT_EQ(parity(SerialFormat::n82), 'N');
  EXPECT_EQ(parity(SerialFormat::e81), 'E');
  EXPECT_EQ(parity(SerialFormat::o82), 'O');
  EXPECT_EQ(stop_bits(SerialFormat::o81), 1);
  EXPECT_EQ(stop_bits(SerialFormat::n82), 2);
}

}  // namespace
}  // namespace fieldweir
