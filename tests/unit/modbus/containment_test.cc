// Hours of simulated time on one bus: what a device that is dead, slow or away now and then costs
// the others, and how its writes, holes and groups go.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "core/log.h"
#include "drivers/modbus/driver.h"
#include "tests/unit/drivers/rig.h"
#include "tests/unit/modbus/fake_link.h"

namespace fieldweir {
namespace {

std::string device(int unit, const std::string& endpoint = "timeout: 1s, retries: 1",
                   const std::string& rest = "") {
  const std::string signals = rest.empty()
                                  ? "poll: {fast: 1s}\n"
                                    "signals:\n"
                                    "  - {name: a, table: holding, address: 10, type: uint16}\n"
                                    "  - {name: b, table: holding, address: 12, type: uint16}\n"
                                    "  - {name: c, table: input, address: 7, type: uint16}\n"
                                  : rest;
  return "name: d" + std::to_string(unit) +
         "\nmodbus_tcp: {host: h, unit: " + std::to_string(unit) + ", " + endpoint + "}\n" +
         signals;
}

class Bus {
 public:
  explicit Bus(const std::vector<std::string>& devices, bool rtu = false)
      : link_(std::make_shared<FakeLink>(clock, rtu)),
        worker("bus test", signals_, clock, stop_, ring_, pipeline_, Random(1)) {
    const DriverContext context{signals_, texts_,    clock,     resolver_,
                                brokers_, "gateway", pipeline_, Random(2)};
    for (const std::string& yaml : devices) {
      settings_.push_back(read_device("modbus_tcp", yaml));
      const auto& settings = dynamic_cast<const ModbusDevice&>(*settings_.back());
      const auto first = static_cast<SignalId>(signals_.size());
      for (const ModbusSignal& signal : settings.modbus_signals) define(signal.name);
      define("online");
      auto driver = std::make_unique<ModbusDriver>(settings, first, link_, context);
      drivers.push_back(driver.get());
      const std::size_t count = settings.modbus_signals.size();
      worker.add(std::move(driver), settings.name, first, count,
                 first + static_cast<SignalId>(count));
    }
  }

  FakeLink& link() { return *link_; }

  void run(Duration duration) {
    const Time end = clock.now() + duration;
    while (clock.now() < end) {
      clock.set(std::max(clock.now(), worker.turn(clock.now())));
      for (std::size_t n = ring_.pop(out_); n > 0; n = ring_.pop(out_))
        readings.insert(readings.end(), out_.begin(), out_.begin() + static_cast<long>(n));
    }
  }

  /// The share of a device's polls that were made.
  double kept(std::size_t index, Duration duration) const {
    return static_cast<double>(drivers[index]->polled.get()) * second /
           (drivers[index]->polls_per_second() * static_cast<double>(duration));
  }

  FakeClock clock;
  std::vector<Reading> readings;
  std::vector<ModbusDriver*> drivers;

 private:
  void define(const std::string& name) {
    SignalTable::Signal signal;
    signal.name.assign("s" + std::to_string(signals_.size()) + name);
    signals_.define(signal);
  }

  SignalTable signals_{1000};
  TextTable texts_{16};
  Resolver resolver_{clock};
  Brokers brokers_;
  Doorbell pipeline_;
  Stop stop_;
  Ring<Reading> ring_{256};
  std::array<Reading, 16> out_;
  std::shared_ptr<FakeLink> link_;
  std::vector<std::unique_ptr<DeviceSettings>> settings_;

 public:
  BusWorker worker;
};

std::vector<std::string> ten_devices() {
  std::vector<std::string> all;
  for (int unit = 1; unit <= 10; ++unit) all.push_back(device(unit));
  return all;
}

/// From the first minute on, while the back-off still grows.
void expect_contained(Bus& bus) {
  constexpr Duration duration = hour;
  set_log_level(LogLevel::warning);  // a device that comes and goes says so each time
  bus.run(duration);
  for (std::size_t i = 1; i < bus.drivers.size(); ++i) {
    EXPECT_GE(bus.kept(i, duration), 0.95) << i;
    EXPECT_LE(bus.kept(i, duration), 1.001) << i;
    EXPECT_EQ(bus.link()[static_cast<std::uint8_t>(i + 1)].unanswered, 0u);
  }
}

class ModbusContainment : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(TcpAndRtu, ModbusContainment, testing::Bool());

TEST_P(ModbusContainment, ADeadDeviceCostsOneTimeoutPerBackOff) {
  Bus bus(ten_devices(), GetParam());
  bus.link()[1].silent = [] { return true; };
  expect_contained(bus);
  const FakeUnit& dead = bus.link()[1];
  std::uint64_t failures = 0;
  const DeviceStatus status = bus.worker.status()[0];
  for (const std::uint64_t errors : status.errors) failures += errors;
  EXPECT_EQ(dead.asked.size(), failures);      // no retries
  EXPECT_LE(dead.asked.size(), 60 * 2 + 20u);  // back-offs of 30 s on average
}

TEST_P(ModbusContainment, ADeviceThatAnswersTooLateIsNoWorse) {
  Bus bus(ten_devices(), GetParam());
  bus.link()[1].latency = 1500 * millisecond;
  expect_contained(bus);
}

TEST_P(ModbusContainment, ADeviceThatDiesCostsItsRetriesOnce) {
  Bus bus(ten_devices(), GetParam());
  const Time death = bus.clock.now() + hour;
  bus.link()[1].silent = [&] { return bus.clock.now() > death; };
  bus.run(hour);
  EXPECT_EQ(bus.link()[1].unanswered, 0u);
  bus.run(10 * second);
  const std::vector<Time>& asked = bus.link()[1].asked;
  const auto first = std::ranges::upper_bound(asked, death);
  ASSERT_GE(asked.end() - first, 2);
  // the second attempt follows at once, or on RTU when the first can no longer be answered
  EXPECT_LE(first[1] - first[0], (GetParam() ? 2 : 1) * second + 200 * millisecond);
  EXPECT_EQ(bus.worker.status()[0].state, DeviceState::offline);
}

TEST_P(ModbusContainment, ADeviceThatComesAndGoesIsRetriedOnlyIfItEarnedIt) {
  Bus bus(ten_devices(), GetParam());
  int turn = 0;
  bus.link()[1].silent = [&] { return ++turn % 3 != 0; };  // each third attempt is answered
  expect_contained(bus);
}

TEST(ModbusDriver, ALostAnswerIsAskedForAgainAndTheDeviceStaysOnline) {
  for (const bool rtu : {false, true}) {
    Bus bus({device(1), device(2)}, rtu);
    bus.run(10 * second);
    bool once = true;
    bus.link()[1].silent = [&] { return std::exchange(once, false); };
    bus.run(10 * second);
    EXPECT_EQ(bus.link()[1].unanswered, 1u);
    EXPECT_EQ(bus.worker.status()[0].state, DeviceState::online);
    EXPECT_EQ(bus.worker.status()[0].errors[static_cast<int>(Reason::timeout)], 1u);
    EXPECT_EQ(bus.readings.end(), std::ranges::find(bus.readings, Quality::bad, &Reading::quality));
    EXPECT_GE(bus.kept(1, 20 * second), rtu ? 0.9 : 0.95);
  }
}

TEST(ModbusDriver, OnRtuOthersAreAskedWhileAnAnswerIsStillOwed) {
  Bus bus({device(1, "timeout: 5s, retries: 1"), device(2)}, true);
  bus.run(10 * second);
  bool once = true;
  bus.link()[1].silent = [&] { return std::exchange(once, false); };
  const std::size_t before = bus.link()[2].asked.size();
  bus.run(10 * second);  // 5 s blocked, 5 s left alone
  EXPECT_GE(bus.link()[2].asked.size() - before, 8u);
}

TEST(ModbusDriver, OtherExceptionsAreOfOnePollAndNoHole) {
  Bus bus({device(1)});
  bus.link()[1].exception = 6;
  bus.run(5 * second);
  EXPECT_EQ(std::ranges::count(bus.readings, Reason::device_exception, &Reading::reason),
            static_cast<std::ptrdiff_t>(bus.link()[1].asked.size() / 2 * 3));
  EXPECT_EQ(bus.worker.status()[0].state, DeviceState::online);
  EXPECT_EQ(bus.worker.status()[0].holes, 0u);
  EXPECT_EQ(bus.drivers[0]->polled.get(), 0u);
  bus.link()[1].exception = 0;
  bus.readings.clear();
  bus.run(2 * second);
  EXPECT_EQ(std::ranges::count(bus.readings, Quality::bad, &Reading::quality), 0);
}

TEST(ModbusDriver, HolesSurviveAReconnectAndAreMarkedAfterIt) {
  Bus bus({device(1)});
  bus.link()[1].missing = {12};
  bus.run(10 * second);
  EXPECT_EQ(bus.worker.status()[0].holes, 1u);
  bool away = true;
  bus.link()[1].silent = [&] { return away; };
  bus.run(10 * second);
  away = false;
  bus.readings.clear();
  bus.link()[1].asked.clear();
  bus.run(70 * second);
  ASSERT_EQ(bus.worker.status()[0].state, DeviceState::online);
  EXPECT_GE(std::ranges::count(bus.readings, Reason::illegal_address, &Reading::reason), 1);
  EXPECT_LE(std::ranges::count(bus.readings, Reason::illegal_address, &Reading::reason), 2);
  EXPECT_LE(bus.link()[1].asked.size(), 2 * 71 + 5u);  // no search
}

TEST(ModbusDriver, ADeviceOfHolesOnlyIsKnownToBeThere) {
  Bus bus({device(1)});
  bus.link()[1].missing = {7, 10, 12};
  bus.run(minute);
  EXPECT_EQ(bus.worker.status()[0].state, DeviceState::online);
  EXPECT_EQ(bus.worker.status()[0].holes, 3u);
  EXPECT_LE(bus.link()[1].asked.size(), 20u);
  bus.link()[1].silent = [] { return true; };
  bus.run(2 * ModbusHoles::probe_every);
  EXPECT_EQ(bus.worker.status()[0].state, DeviceState::offline);
  bus.link()[1].silent = [] { return false; };
  bus.link()[1].missing.clear();
  bus.run(2 * minute);  // asks for something, is answered, forgets
  EXPECT_EQ(bus.worker.status()[0].state, DeviceState::online);
  EXPECT_EQ(bus.worker.status()[0].holes, 0u);
  EXPECT_EQ(bus.readings.back().quality, Quality::good);
}

TEST(ModbusDriver, OnceIsReadAfterEachConnect) {
  Bus bus({device(1, "timeout: 1s",
                  "poll: {fast: 1s}\n"
                  "signals:\n"
                  "  - {name: a, table: holding, address: 10, type: uint16}\n"
                  "  - {name: serial, table: holding, address: 900, type: uint16, poll: once}\n")});
  const auto serials = [&] {
    return std::ranges::count_if(bus.readings, [](const Reading& reading) {
      return reading.signal == 1 && reading.quality == Quality::good;
    });
  };
  bus.run(hour);
  EXPECT_EQ(serials(), 1);
  bool away = true;
  bus.link()[1].silent = [&] { return away; };
  bus.run(minute);
  away = false;
  bus.run(2 * minute);
  EXPECT_EQ(serials(), 2);
}

TEST(ModbusDriver, TheLinkIsToldWhenADeviceRestsAndThatIsNoPoll) {
  Bus bus({device(1)});
  bus.link().rest_for = 300 * millisecond;
  bus.run(10 * second);
  EXPECT_GE(bus.link().rests.size(), 20u);
  EXPECT_EQ(bus.link()[1].asked.size(), 2 * bus.drivers[0]->polled.get());
  EXPECT_LE(bus.worker.status()[0].last_good, bus.link()[1].asked.back() + 20 * millisecond);
}

// --- writes ---

const std::string writable =
    "poll: {fast: 1s}\n"
    "signals:\n"
    "  - {name: whole, table: holding, address: 10, type: int16, scale: 0.1,"
    " write: {min: -100, max: 100}}\n"
    "  - {name: wide, table: holding, address: 20, type: int32, word_order: little,"
    " write: {min: -100000, max: 100000}}\n"
    "  - {name: coil, table: coil, address: 3, write: {}}\n";

TEST(ModbusWrite, UsesTheFunctionThatFitsAndReturnsWhatIsThere) {
  Bus bus({device(1, "timeout: 1s", writable)});
  bus.run(second);
  const Stop stop;
  const auto write = [&](std::size_t signal, const Reading& value) {
    return bus.drivers[0]->write(signal, value, bus.clock.now() + 2 * second, stop);
  };
  const Result<Reading> whole = write(0, float64_reading(0, 0, -12.3));
  ASSERT_TRUE(whole) << whole.error().text.view();
  EXPECT_DOUBLE_EQ(whole.value().as_float64(), -12.3);
  EXPECT_EQ(whole.value().signal, 0u);
  EXPECT_EQ(whole.value().time, bus.clock.now());
  EXPECT_EQ(bus.link().writes.back().function, ModbusFunction::write_register);
  EXPECT_EQ(bus.link()[1].written[10], 0x10000 - 123);

  const Result<Reading> wide = write(1, int64_reading(1, 0, -70000));
  ASSERT_TRUE(wide);
  EXPECT_EQ(wide.value().as_int64(), -70000);
  EXPECT_EQ(bus.link().writes.back().function, ModbusFunction::write_registers);
  EXPECT_EQ(bus.link().writes.back().count, 2);

  const Result<Reading> coil = write(2, boolean_reading(2, 0, true));
  ASSERT_TRUE(coil);
  EXPECT_TRUE(coil.value().as_boolean());
  EXPECT_EQ(bus.link().writes.back().function, ModbusFunction::write_coil);
  EXPECT_EQ(bus.link().writes.size(), 3u);
}

TEST(ModbusWrite, FailuresSayWhatIsKnown) {
  Bus bus({device(1, "timeout: 1s, retries: 5", writable)}, true);
  bus.run(second);
  const Stop stop;
  const auto write = [&](double value) {
    const auto result =
        bus.drivers[0]->write(0, float64_reading(0, 0, value), bus.clock.now() + 2 * second, stop);
    return result ? std::string() : std::string(result.error().text.view());
  };
  EXPECT_NE(write(5000), "");  // does not fit
  EXPECT_TRUE(bus.link().writes.empty());
  bus.link()[1].exception = 2;
  EXPECT_EQ(write(1), "not written: exception 2, illegal data address");
  bus.link()[1].exception = 4;  // it failed while doing it
  EXPECT_EQ(write(1), "may have been written: exception 4, device failure");
  bus.link()[1].exception = 0;
  bool once = true;
  bus.link()[1].silent = [&] { return std::exchange(once, false); };
  const std::size_t asked = bus.link()[1].asked.size();
  EXPECT_EQ(write(1), "may have been written: no answer in time");
  EXPECT_EQ(bus.link()[1].asked.size(), asked + 1);  // not repeated
  EXPECT_NE(write(1).find("still owes an answer"), std::string::npos);
  EXPECT_EQ(bus.link()[1].asked.size(), asked + 1);
  bus.clock.advance(2 * second);
  int requests = 0;
  bus.link()[1].silent = [&] { return ++requests == 2; };
  EXPECT_EQ(write(1), "written, but not read back: no answer in time");
}

}  // namespace
}  // namespace fieldweir
