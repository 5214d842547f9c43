#include "drivers/modbus/serial_port.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "drivers/modbus/link.h"
#include "tests/support/rtu_unit.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {
namespace {

class ModbusSerialPortTest : public testing::Test {
 protected:
  ModbusEndpoint endpoint(std::string path) const {
    ModbusEndpoint endpoint;
    endpoint.serial = std::move(path);
    endpoint.baud = 19'200;
    endpoint.format = SerialFormat::e81;
    return endpoint;
  }
  /// The reason if it cannot be opened, none if it can.
  Error opening(const ModbusEndpoint& endpoint) {
    const Result<int> opened = ModbusSerialPort(endpoint).open(clock_.now() + second, stop_);
    if (!opened) return opened.error();
    close(opened.value());
    return {};
  }

  SystemClock clock_;
  Stop stop_;
};

termios settings_of(int descriptor) {
  termios settings{};
  EXPECT_EQ(tcgetattr(descriptor, &settings), 0);
  return settings;
}

TEST_F(ModbusSerialPortTest, SetsTheLineAsConfigured) {
  const RtuUnit unit(RtuUnit::Line::pseudo_terminal);
  struct Case {
    SerialFormat format;
    tcflag_t bits;
  };
  for (const Case& c : {Case{SerialFormat::n81, 0},
                        {SerialFormat::e81, PARENB},
                        {SerialFormat::o81, PARENB | PARODD},
                        {SerialFormat::n82, CSTOPB},
                        {SerialFormat::e82, PARENB | CSTOPB},
                        {SerialFormat::o82, PARENB | PARODD | CSTOPB}}) {
    ModbusEndpoint wanted = endpoint(unit.path());
    wanted.format = c.format;
    wanted.baud = 38'400;
    const Result<int> port = ModbusSerialPort(wanted).open(clock_.now() + second, stop_);
    ASSERT_TRUE(port);
    const termios got = settings_of(port.value());
    EXPECT_EQ(cfgetispeed(&got), static_cast<speed_t>(B38400));
    EXPECT_EQ(cfgetospeed(&got), static_cast<speed_t>(B38400));
    EXPECT_EQ(got.c_lflag & (ICANON | ECHO | ISIG), 0u);
    EXPECT_EQ(got.c_oflag & OPOST, 0u);
    // a pseudo-terminal knows no parity
    EXPECT_EQ(got.c_cflag & CSTOPB, c.bits & CSTOPB);
    close(port.value());
  }
}

TEST_F(ModbusSerialPortTest, WhoHoldsThePortIsNotDisturbed) {
  const RtuUnit unit(RtuUnit::Line::pseudo_terminal);
  const int other = open(unit.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_EQ(flock(other, LOCK_EX), 0);
  const termios before = settings_of(other);
  const Error why = opening(endpoint(unit.path()));
  EXPECT_EQ(why.reason, Reason::locked);
  EXPECT_EQ(why.text.view(), "another program holds " + unit.path());
  const termios after = settings_of(other);
  EXPECT_EQ(before.c_cflag, after.c_cflag);
  EXPECT_EQ(before.c_ospeed, after.c_ospeed);
  flock(other, LOCK_UN);
  EXPECT_EQ(opening(endpoint(unit.path())).reason, Reason::none);

  int exclusive = 0;
  if (ioctl(other, TIOCGEXCL, &exclusive) == 0) {  // emulators do not know it
    ASSERT_EQ(ioctl(other, TIOCEXCL), 0);          // as programs do that do not know flock
    EXPECT_EQ(opening(endpoint(unit.path())).reason, Reason::locked);
    ioctl(other, TIOCNXCL);
  }
  close(other);
}

TEST_F(ModbusSerialPortTest, OneOfTwoLinksHasIt) {
  const RtuUnit unit(RtuUnit::Line::pseudo_terminal);
  Resolver resolver(clock_);
  const auto one = make_modbus_link(endpoint(unit.path()), resolver, clock_);
  const auto other = make_modbus_link(endpoint(unit.path()), resolver, clock_);
  const ModbusRequest request{3, ModbusFunction::read_holding, 1, 1};
  EXPECT_TRUE(one->ask(request, clock_.now() + second, stop_));
  const auto refused = other->ask(request, clock_.now() + second, stop_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::locked);
  one->close();
  EXPECT_TRUE(other->ask(request, clock_.now() + second, stop_));
}

TEST_F(ModbusSerialPortTest, SaysWhatIsWrongWithThePath) {
  const TempDir folder;
  EXPECT_EQ(opening(endpoint(folder.file("none"))).text.view(),
            folder.file("none") + ": No such file or directory");
  EXPECT_EQ(opening(endpoint("/dev/null")).text.view(), "/dev/null is no serial port");
}

TEST_F(ModbusSerialPortTest, APortWithoutDirectionControlIsRefusedIfThatIsWanted) {
  const RtuUnit unit(RtuUnit::Line::pseudo_terminal);
  ModbusEndpoint wanted = endpoint(unit.path());
  wanted.rs485 = true;
  const Error why = opening(wanted);
  EXPECT_EQ(why.reason, Reason::not_connected);
  EXPECT_NE(why.text.view().find("RS-485"), std::string_view::npos);
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// an adapter that is pulled and comes back under another number, 200 times
TEST_F(ModbusSerialPortTest, ComesBackUnderAnotherName) {
  const TempDir folder;
  const std::string by_id = folder.file("adapter");
  Resolver resolver(clock_);
  const auto link = make_modbus_link(endpoint(by_id), resolver, clock_);
  const ModbusRequest request{3, ModbusFunction::read_holding, 1, 1};
  const auto answered = [&] {
    return link->ask(request, clock_.now() + 200 * millisecond, stop_).ok();
  };
  std::optional<std::size_t> descriptors;
  Duration longest = 0;
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(answered());
    const RtuUnit unit(RtuUnit::Line::pseudo_terminal);
    std::filesystem::create_symlink(unit.path(), by_id);
    const Time back = clock_.now();
    while (!answered() && clock_.now() - back < 5 * second) poll(nullptr, 0, 1);
    longest = std::max(longest, clock_.now() - back);
    ASSERT_TRUE(answered());
    if (!descriptors) descriptors = open_descriptors();
    EXPECT_EQ(open_descriptors(), *descriptors);
    std::filesystem::remove(by_id);
  }
  EXPECT_LT(longest, 5 * second);
  RecordProperty("longest_ms", static_cast<int>(longest / millisecond));
}

}  // namespace
}  // namespace fieldweir
