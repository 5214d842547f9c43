#include "drivers/modbus/device.h"

#include "tests/unit/drivers/rig.h"

namespace fieldweir {
namespace {

const std::string head =
    "name: press\nmodbus_tcp: {host: 192.0.2.10, unit: 3}\npoll: {fast: 1s, slow: 1m}\n";

const ModbusDevice& device(const std::unique_ptr<DeviceSettings>& settings) {
  return dynamic_cast<const ModbusDevice&>(*settings);
}

/// The text of the mistakes of a device with this one signal.
std::string mistakes_of(const std::string& signal, const std::string& more = "") {
  std::string text;
  const auto settings =
      read_device("modbus_tcp", head + more + "signals:\n  - {name: x, " + signal + "}\n", &text);
  EXPECT_EQ(settings == nullptr, !text.empty());
  return text;
}

TEST(ModbusSettings, ReadsTheExample) {
  const auto settings = read_device(
      "modbus_tcp",
      head +
          "word_order: little\n"
          "signals:\n"
          "  - {name: supply, table: input, address: 100, type: int16, scale: 0.1, unit: \"°C\", "
          "invalid: [-32768]}\n"
          "  - {name: flow, table: input, address: 110, type: float32, word_order: big}\n"
          "  - {name: energy, table: holding, address: 200, type: uint64, poll: slow}\n"
          "  - {name: burner, table: holding, address: 4, type: bit, bit: 3}\n"
          "  - {name: alarm, table: discrete, address: 12, type: bool}\n");
  ASSERT_NE(settings, nullptr);
  const auto& signals = device(settings).modbus_signals;
  ASSERT_EQ(signals.size(), 5u);
  EXPECT_EQ(device(settings).endpoint.unit, 3);
  EXPECT_EQ(device(settings).endpoint.timeout, second);
  EXPECT_EQ(signals[0].kind(), Kind::float64);
  EXPECT_EQ(signals[0].format.word_order, Order::little);
  EXPECT_EQ(signals[1].format.word_order, Order::big);
  EXPECT_EQ(signals[1].point.width, 2);
  EXPECT_EQ(signals[2].kind(), Kind::uint64);
  EXPECT_EQ(signals[2].group, 1u);
  EXPECT_EQ(signals[3].format.bit, 3u);
  EXPECT_EQ(signals[4].kind(), Kind::boolean);
  EXPECT_EQ(driver_kind("modbus_tcp").bus(*settings), "modbus_tcp 192.0.2.10:502");
}

TEST(ModbusSettings, Addresses) {
  constexpr auto one_based = Addressing::one_based;
  constexpr auto modicon = Addressing::modicon;
  constexpr auto plain = Addressing::zero_based;
  using enum ModbusTable;
  EXPECT_EQ(zero_based(plain, holding, 0), 0);
  EXPECT_EQ(zero_based(plain, holding, 65535), 65535);
  EXPECT_EQ(zero_based(plain, holding, 65536), std::nullopt);
  EXPECT_EQ(zero_based(one_based, input, 1), 0);
  EXPECT_EQ(zero_based(one_based, input, 0), std::nullopt);
  EXPECT_EQ(zero_based(modicon, holding, 40001), 0);
  EXPECT_EQ(zero_based(modicon, holding, 49999), 9998);
  EXPECT_EQ(zero_based(modicon, holding, 50000), std::nullopt);
  EXPECT_EQ(zero_based(modicon, holding, 400001), 0);
  EXPECT_EQ(zero_based(modicon, holding, 465536), 65535);
  EXPECT_EQ(zero_based(modicon, holding, 465537), std::nullopt);
  EXPECT_EQ(zero_based(modicon, holding, 30001), std::nullopt);
  EXPECT_EQ(zero_based(modicon, input, 30101), 100);
  EXPECT_EQ(zero_based(modicon, input, 300101), 100);
  EXPECT_EQ(zero_based(modicon, input, 40001), std::nullopt);
  EXPECT_EQ(zero_based(modicon, discrete, 10013), 12);
  EXPECT_EQ(zero_based(modicon, discrete, 100013), 12);
  EXPECT_EQ(zero_based(modicon, discrete, 13), std::nullopt);
  EXPECT_EQ(zero_based(modicon, coil, 1), 0);
  EXPECT_EQ(zero_based(modicon, coil, 0), std::nullopt);
  EXPECT_EQ(zero_based(modicon, coil, 65536), 65535);
}

struct Wrong {
  const char* signal;
  const char* said;
};

TEST(ModbusSettings, ContradictionsAreNamed) {
  const Wrong all[] = {
      {"table: holding, address: 1", "needs a type"},
      {"table: coil, address: 1, type: int16", "hold only type bool"},
      {"table: holding, address: 1, type: bit", "'bit'"},
      {"table: holding, address: 1, type: uint16, bit: 3", "'bit'"},
      {"table: holding, address: 1, type: bit, bit: 16", "15"},
      {"table: holding, address: 1, type: bool, scale: 2", "for numbers"},
      {"table: holding, address: 1, type: int16, scale: 0", "scale of 0"},
      {"table: holding, address: 1, type: int16, invalid: [65536]", "does not fit"},
      {"table: holding, address: 1, type: int16, invalid: [-32769]", "does not fit"},
      {"table: holding, address: 65535, type: int32", "outside"},
      {"table: holding, address: 1, type: int16, poll: fats", "fast"},
      {"table: holding, address: 1, type: int16, poll: onec", "once"},
      {"table: holding, address: 1, type: int17", "int16"},
      {"table: holding, address: 1, type: string", "'length'"},
      {"table: holding, address: 1, type: int16, length: 2", "'length'"},
      {"table: holding, address: 1, type: string, length: 33", "32"},
      {"table: holding, address: 1, type: string, length: 2, word_order: big", "no word order"},
      {"table: holding, address: 1, type: string, length: 2, scale: 2", "for numbers"},
      {"table: holding, address: 65535, type: string, length: 2", "outside"},
      {"table: holding, address: 1, type: bits, bit: 3", "'bits'"},
      {"table: holding, address: 1, type: bits, bits: 3", "'bit'"},
      {"table: holding, address: 1, type: bits, bit: 14, bits: 3", "bits 14 to 16"},
      {"table: holding, address: 1, type: bits, bit: 0, bits: 3, invalid: [8]", "does not fit"},
      {"table: holding, address: 1, type: bcd16, invalid: [10000]", "does not fit"},
      {"table: holding, address: 1, type: uint16, decimals: 1", "with a scale"},
      {"table: holding, address: 1, type: float32, decimals: 10", "9"},
      {"table: holding, address: 1, type: uint16, enum: {}", "at least one"},
      {"table: holding, address: 1, type: uint16, enum: [a]", "a map"},
      {"table: holding, address: 1, type: uint16, enum: {on: a}", "an integer"},
      {"table: holding, address: 1, type: uint16, enum: {1: \"\"}", "1 to 64 bytes"},
      {"table: holding, address: 1, type: uint16, enum: {65536: a}", "does not fit"},
      {"table: holding, address: 1, type: int16, enum: {-1: a, 0xFFFF: b}", "twice"},
      {"table: holding, address: 1, type: uint16, enum: {0: a}, scale: 2", "not scaled"},
      {"table: holding, address: 1, type: float32, enum: {0: a}", "for integers"},
      {"table: holding, address: 1, type: float32, scale_register: 3", "for integers"},
      {"table: holding, address: 1, type: int32, scale_register: 2", "part of the value"},
      {"table: holding, address: 1, type: int16, scale_register: 126", "126 registers"},
      {"table: holding, address: 1, type: int16, scale_register: 65536", "outside"},
      {"table: input, address: 1, type: uint16, write: {min: 1, max: 2}", "coil and holding"},
      {"table: holding, address: 1, type: bit, bit: 1, write: {}", "type bit"},
      {"table: holding, address: 1, type: string, length: 2, write: {}", "type string"},
      {"table: holding, address: 1, type: int16, scale_register: 2, write: {min: 0, max: 1}",
       "scale register"},
      {"table: holding, address: 1, type: int16, write: {min: 1}", "'max'"},
      {"table: holding, address: 1, type: int16, write: {min: 2, max: 2}", "less than"},
      {"table: holding, address: 1, type: int16, write: {min: 2, max: 3, step: 0}", "'step'"},
      {"table: holding, address: 1, type: int16, write: {min: 2, max: 32768}", "32768 cannot"},
      {"table: holding, address: 1, type: int16, scale: 0.1, write: {min: 2, max: 3276.8}",
       "3276.8 cannot"},
      {"table: holding, address: 1, type: uint16, invalid: [9], write: {min: 0, max: 9}",
       "code by which"},
      {"table: coil, address: 1, write: {min: 0}", "for numbers"},
      {"table: holding, address: 1, type: uint16, enum: {0: a}, write: {max: 1}", "for numbers"},
      {"table: holding, address: 1, type: int16, write: {minn: 1}", "min"},
      {"table: holding, adress: 1, type: uint16", "address"},
  };
  for (const Wrong& wrong : all) {
    const std::string text = mistakes_of(wrong.signal);
    EXPECT_NE(text.find(wrong.said), std::string::npos) << wrong.signal << "\n" << text;
  }
  EXPECT_NE(mistakes_of("table: input, address: 40001, type: int16", "addressing: modicon\n")
                .find("30001"),
            std::string::npos);
  EXPECT_NE(
      mistakes_of("table: input, address: 1, type: int64", "max_read: 2\n").find("4 registers"),
      std::string::npos);
}

TEST(ModbusSettings, AValueAndItsScaleRegisterAreOnePoint) {
  const auto settings = read_device(
      "modbus_tcp", head +
                        "addressing: modicon\nsignals:\n"
                        "  - {name: a, table: holding, address: 40072, type: uint16, "
                        "scale_register: 40076}\n"
                        "  - {name: b, table: holding, address: 40094, type: int32, "
                        "scale_register: 40090}\n"
                        "  - {name: c, table: holding, address: 40094, type: string, length: 8}\n");
  ASSERT_NE(settings, nullptr);
  const auto& signals = device(settings).modbus_signals;
  EXPECT_EQ(signals[0].point.address, 71);
  EXPECT_EQ(signals[0].point.width, 5);
  EXPECT_EQ(signals[0].format.value_at, 0);
  EXPECT_EQ(signals[0].format.factor_at, 4);
  EXPECT_EQ(signals[0].kind(), Kind::float64);
  EXPECT_EQ(signals[1].point.address, 89);
  EXPECT_EQ(signals[1].point.width, 6);
  EXPECT_EQ(signals[1].format.value_at, 4);
  EXPECT_EQ(signals[1].format.factor_at, 0);
  EXPECT_EQ(signals[2].point.width, 8);
  EXPECT_EQ(signals[2].kind(), Kind::text);
}

TEST(ModbusSettings, WriteLimits) {
  const auto settings =
      read_device("modbus_tcp",
                  head +
                      "signals:\n"
                      "  - {name: a, table: holding, address: 1, type: int16, scale: 0.1, "
                      "write: {min: 20, max: 85, step: 0.5, every: 10s}}\n"
                      "  - {name: b, table: coil, address: 1, write: {}}\n"
                      "  - {name: c, table: holding, address: 1, type: uint16, enum: {7: a, 2: b}, "
                      "write: {every: 1m}}\n"
                      "  - {name: d, table: holding, address: 1, type: int16}\n");
  ASSERT_NE(settings, nullptr);
  const auto signals = settings->signals();
  const WriteLimits* number = signals[0]->writable();
  ASSERT_NE(number, nullptr);
  EXPECT_EQ(number->min, 20);
  EXPECT_EQ(number->max, 85);
  EXPECT_EQ(number->step, 0.5);
  EXPECT_EQ(number->every, 10 * second);
  ASSERT_NE(signals[1]->writable(), nullptr);
  EXPECT_EQ(signals[1]->writable()->max, 1);
  ASSERT_NE(signals[2]->writable(), nullptr);
  EXPECT_EQ(signals[2]->writable()->min, 2);
  EXPECT_EQ(signals[2]->writable()->max, 7);
  EXPECT_EQ(signals[2]->writable()->every, minute);
  EXPECT_EQ(signals[3]->writable(), nullptr);
}

TEST(ModbusSettings, APollGroupIsNeeded) {
  std::string text;
  EXPECT_EQ(
      read_device("modbus_tcp", "name: a\nmodbus_tcp: {host: h}\npoll: {}\nsignals: []\n", &text),
      nullptr);
  EXPECT_NE(text.find("poll group"), std::string::npos) << text;
}

TEST(ModbusSettings, PollGroups) {
  const auto settings =
      read_device("modbus_tcp",
                  "name: a\nmodbus_tcp: {host: h}\n"
                  "poll: {fast: 500ms, hourly: {every: 1h, align: true}, spare: {every: 1m}}\n"
                  "signals:\n"
                  "  - {name: d, table: input, address: 9, type: uint16, poll: once}\n"
                  "  - {name: a, table: input, address: 5, type: uint16, poll: hourly}\n"
                  "  - {name: b, table: input, address: 3, type: uint16}\n"
                  "  - {name: c, table: holding, address: 7, type: uint16}\n"
                  "  - {name: e, table: input, address: 1, type: uint16, poll: once}\n");
  ASSERT_NE(settings, nullptr);
  const ModbusDevice& a = device(settings);
  ASSERT_EQ(a.poll.size(), 4u);
  EXPECT_EQ(a.poll[0].interval, 500 * millisecond);
  EXPECT_FALSE(a.poll[0].aligned);
  EXPECT_EQ(a.poll[1].interval, hour);
  EXPECT_TRUE(a.poll[1].aligned);
  EXPECT_EQ(a.poll[3].name, "once");
  EXPECT_EQ(a.poll[3].interval, never);
  EXPECT_EQ(a.plan(0).order, (std::vector<std::uint32_t>{3, 2}));  // by table and address
  EXPECT_EQ(a.plan(1).order, (std::vector<std::uint32_t>{1}));
  EXPECT_TRUE(a.plan(2).order.empty());
  EXPECT_EQ(a.plan(3).order, (std::vector<std::uint32_t>{4, 0}));

  std::string text;
  EXPECT_EQ(read_device("modbus_tcp",
                        "name: a\nmodbus_tcp: {host: h}\npoll: {once: 1s, a: {evry: 1s}}\n"
                        "signals: []\n",
                        &text),
            nullptr);
  EXPECT_NE(text.find("'once' is no name"), std::string::npos) << text;
  EXPECT_NE(text.find("every"), std::string::npos) << text;
}

}  // namespace
}  // namespace fieldweir
