#include "drivers/modbus/serial_port.h"

#include <fcntl.h>
#include <linux/serial.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace fieldweir {
namespace {

struct Speed {
  int baud;
  speed_t code;
};
constexpr Speed speeds[] = {
    {300, B300},       {600, B600},       {1200, B1200},    {2400, B2400},   {4800, B4800},
    {9600, B9600},     {19200, B19200},   {38400, B38400},  {57600, B57600}, {115200, B115200},
    {230400, B230400}, {460800, B460800}, {921600, B921600}};

/// A pseudo-terminal keeps TIOCEXCL when its last user has gone, and would lock out the next.
bool is_pseudo_terminal(int descriptor) {
  struct stat about {};
  constexpr unsigned first = 136, last = 143;  // major numbers of /dev/pts
  return fstat(descriptor, &about) == 0 && major(about.st_rdev) >= first &&
         major(about.st_rdev) <= last;
}

}  // namespace

ModbusSerialPort::ModbusSerialPort(const ModbusEndpoint& endpoint)
    : path_(endpoint.serial),
      baud_(endpoint.baud),
      format_(endpoint.format),
      rs485_(endpoint.rs485) {}

Result<int> ModbusSerialPort::open(Time, const Stop&) {
  const int descriptor = ::open(path_.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0 && errno == EBUSY)
    return error(Reason::locked, "another program holds %s", path_.c_str());
  if (descriptor < 0 && errno == EACCES)
    return error(Reason::not_connected,
                 "%s: permission denied; its group, mostly dialout, may open it", path_.c_str());
  if (descriptor < 0 && errno == EPERM)
    return error(Reason::not_connected,
                 "%s: not allowed; the service's DeviceAllow lacks its driver", path_.c_str());
  if (descriptor < 0) return system_error(path_.c_str(), errno);
  Result<> ready = lock(descriptor);
  if (ready) ready = set_line(descriptor);
  if (ready && rs485_) ready = set_direction(descriptor);
  if (ready) return descriptor;
  close(descriptor);
  return ready.error();
}

Result<> ModbusSerialPort::lock(int descriptor) const {
  if (isatty(descriptor) == 0)
    return error(Reason::not_connected, "%s is no serial port", path_.c_str());
  // root opens what others hold exclusively, so it has to be asked; emulators leave the answer out
  int exclusive = 0;
  ioctl(descriptor, TIOCGEXCL, &exclusive);
  if (exclusive != 0 || flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return error(Reason::locked, "another program holds %s", path_.c_str());
  if (!is_pseudo_terminal(descriptor) && ioctl(descriptor, TIOCEXCL) != 0)
    return system_error("lock", errno);
  return {};
}

Result<> ModbusSerialPort::set_line(int descriptor) const {
  termios line{};
  cfmakeraw(&line);
  line.c_iflag = 0;  // parity errors pass as they are: the checksum finds them
  line.c_cflag = CREAD | CLOCAL | CS8;
  if (parity(format_) != 'N') line.c_cflag |= PARENB;
  if (parity(format_) == 'O') line.c_cflag |= PARODD;
  if (stop_bits(format_) == 2) line.c_cflag |= CSTOPB;
  line.c_cc[VMIN] = 1;  // a read without bytes is EAGAIN, so that 0 means: the port is gone
  const auto speed = std::ranges::find(speeds, baud_, &Speed::baud);
  cfsetispeed(&line, speed->code);
  cfsetospeed(&line, speed->code);
  // EINVAL is said of a part only, success of anything: what counts is what the port has now
  if (tcsetattr(descriptor, TCSANOW, &line) != 0 && errno != EINVAL)
    return system_error("serial settings", errno);
  termios got{};
  tcgetattr(descriptor, &got);
  tcflag_t wanted = CSIZE | CSTOPB | PARENB | PARODD;
  if (is_pseudo_terminal(descriptor)) wanted = CSIZE;  // it carries bytes, not characters
  if (cfgetospeed(&got) != speed->code || ((got.c_cflag ^ line.c_cflag) & wanted) != 0)
    return error(Reason::not_connected, "%s does not offer these settings", path_.c_str());
  tcflush(descriptor, TCIOFLUSH);
  return {};
}

Result<> ModbusSerialPort::set_direction(int descriptor) const {
  serial_rs485 settings{};
  if (ioctl(descriptor, TIOCGRS485, &settings) == 0) {
    settings.flags |= SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
    settings.flags &= ~static_cast<unsigned>(SER_RS485_RTS_AFTER_SEND);
    if (ioctl(descriptor, TIOCSRS485, &settings) == 0) return {};
  }
  return error(Reason::not_connected,
               "%s offers no RS-485 direction control; if the adapter does it itself, leave out "
               "'rs485'",
               path_.c_str());
}

}  // namespace fieldweir
