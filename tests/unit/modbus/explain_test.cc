#include "drivers/modbus/explain.h"

#include "tests/unit/drivers/rig.h"

namespace fieldweir {
namespace {

struct Bus {
  explicit Bus(const std::vector<std::string>& yaml, std::string_view kind = "modbus_rtu") {
    for (const std::string& device : yaml) {
      settings.push_back(read_device(kind, device));
      devices.push_back(dynamic_cast<const ModbusDevice*>(settings.back().get()));
    }
  }
  std::vector<std::unique_ptr<DeviceSettings>> settings;
  std::vector<const ModbusDevice*> devices;
};

std::string meter(const std::string& line, const std::string& poll, int registers = 10) {
  std::string yaml = "name: meter\nmodbus_rtu: {port: /dev/ttyS0, unit: 3, " + line +
                     "}\npoll: " + poll + "\nsignals:\n";
  for (int i = 0; i < registers; ++i)
    yaml += "  - {name: r" + std::to_string(i) +
            ", table: holding, address: " + std::to_string(100 + i) + ", type: uint16}\n";
  return yaml;
}

const std::string at_9600 = "baud: 9600, format: 8N1";

TEST(ModbusBusLoad, AReadIsSilenceRequestTurnaroundAndAnswer) {
  const Bus bus({meter(at_9600, "{a: 1s}")});
  const ModbusEndpoint& endpoint = bus.devices[0]->endpoint;
  const Duration character = 10 * second / 9600;
  const Duration silence = character * 7 / 2;
  EXPECT_EQ(line_time(endpoint, {ModbusTable::holding, 100, 10, 0, 10}),
            silence + (8 + 5 + 20) * character + modbus_turnaround);
  EXPECT_EQ(line_time(endpoint, {ModbusTable::coil, 100, 10, 0, 10}),
            silence + (8 + 5 + 2) * character + modbus_turnaround);
  EXPECT_NEAR(bus_load(bus.devices), 0.048, 0.0005);
}

TEST(ModbusBusLoad, CountsEveryDeviceAndGroupButNotOnce) {
  const Bus one({meter(at_9600, "{a: 1s}")});
  const Bus two({meter(at_9600, "{a: 1s}"), meter(at_9600, "{a: 500ms, b: 1s}")});
  EXPECT_NEAR(bus_load(two.devices), 3 * bus_load(one.devices), 1e-9);
  const Bus once({meter(at_9600, "{a: 1s}") +
                  "  - {name: x, table: holding, address: 900, type: uint16, poll: once}\n"});
  EXPECT_NEAR(bus_load(once.devices), bus_load(one.devices), 1e-9);
}

TEST(ModbusBusLoad, QuietTimeCountsAndTcpHasNone) {
  const Bus bus({meter(at_9600 + ", quiet_time: 100ms", "{a: 1s}")});
  EXPECT_NEAR(bus_load(bus.devices), 0.048 + 0.1 - 0.0036, 0.0005);
  const Bus tcp({"name: a\nmodbus_tcp: {host: h}\npoll: {a: 10ms}\nsignals:\n"
                 "  - {name: x, table: coil, address: 1}\n"},
                "modbus_tcp");
  EXPECT_EQ(bus_load(tcp.devices), 0);
}

TEST(ModbusCheckBus, MoreThanAllOfTheLineIsAMistakeAndMuchOfItAWarning) {
  const auto told = [](const std::string& interval) {
    const Bus bus({meter(at_9600, "{a: " + interval + "}")});
    config::Mistakes mistakes;
    check_bus(bus.devices, mistakes);
    return mistakes.text() + "|" + bus_warning(bus.devices);
  };
  EXPECT_EQ(told("100ms"), "|");
  EXPECT_NE(told("60ms").find("|the polls take 80 % of its time at 9600 baud 8N1"),
            std::string::npos)
      << told("60ms");
  EXPECT_NE(told("40ms").find("120 % of its time at 9600 baud 8N1"), std::string::npos)
      << told("40ms");
}

TEST(ModbusCheckBus, DevicesAgreeOnTheBus) {
  const Bus bus({meter(at_9600, "{a: 1s}"), meter("baud: 19200, format: 8N1", "{a: 1s}")});
  config::Mistakes mistakes;
  check_bus(bus.devices, mistakes);
  EXPECT_NE(mistakes.text().find("'baud' is of the bus"), std::string::npos) << mistakes.text();
  EXPECT_NE(mistakes.text().find("'meter'"), std::string::npos) << mistakes.text();
}

TEST(ModbusExplain, NamesRequestsAddressesAndSignals) {
  const Bus bus(
      {"name: boiler\n"
       "modbus_rtu: {port: /dev/ttyS0, unit: 3, baud: 9600, format: 8E1}\n"
       "addressing: modicon\n"
       "poll: {fast: 1s, hourly: {every: 1h, align: true}, spare: 1m}\n"
       "signals:\n"
       "  - {name: supply, table: input, address: 30101, type: int16}\n"
       "  - {name: flow, table: input, address: 30104, type: float32}\n"
       "  - {name: pump, table: coil, address: 8}\n"
       "  - {name: energy, table: holding, address: 40201, type: uint64, poll: hourly}\n"
       "  - {name: serial, table: holding, address: 400901, type: uint16, poll: once}\n"});
  EXPECT_EQ(
      explain_bus(bus.devices),
      "    load 7 % at 9600 baud 8E1 (with 4010us of silence before each request and 10ms for "
      "the device to answer)\n"
      "   boiler, unit 3:\n"
      "    fast, every 1s: 2 requests for 3 signals\n"
      "      coil 7 (as written: 8), 1 bit\n"
      "        pump\n"
      "      input 100 to 104 (as written: 30101 to 30105), 5 registers\n"
      "        supply, flow\n"
      "    hourly, every 1h of the clock (UTC): 1 request for 1 signal\n"
      "      holding 200 to 203 (as written: 40201 to 40204), 4 registers\n"
      "        energy\n"
      "    spare: no signal is polled in it\n"
      "    once, after each connect: 1 request for 1 signal\n"
      "      holding 900 (as written: 400901), 1 register\n"
      "        serial\n");
}

TEST(ModbusExplain, BreaksLongListsOfSignals) {
  const Bus bus({meter(at_9600, "{a: 1s}", 60)});
  const std::string text = explain_bus(bus.devices);
  EXPECT_NE(text.find("r59\n"), std::string::npos);
  std::size_t line = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\n') {
      EXPECT_LE(at - line, 130u);
      line = at + 1;
    }
}

TEST(ModbusPlan, TenThousandScatteredSignalsAreQuicklyPlanned) {
  ModbusDevice device;
  device.poll = {{"a", second, false}};
  Random random(3);
  for (int i = 0; i < 10'000; ++i) {
    ModbusSignal& signal = device.modbus_signals.emplace_back();
    signal.point = {random.below(2) == 0 ? ModbusTable::holding : ModbusTable::input,
                    static_cast<std::uint16_t>(random.below(65'000)), 2};
  }
  Duration least = second;
  for (int round = 0; round < 5; ++round) {  // the least of some: the machine is shared
    const SystemClock clock;
    const Time start = clock.now();
    EXPECT_GT(device.plan(0).reads.size(), 500u);
    least = std::min(least, clock.now() - start);
  }
  EXPECT_LT(least, 50 * millisecond);
  RecordProperty("microseconds", std::to_string(least / microsecond));
}

}  // namespace
}  // namespace fieldweir
