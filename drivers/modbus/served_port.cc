#include "drivers/modbus/served_port.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace fieldweir {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

void make_raw(int descriptor, const std::string& name) {
  termios settings{};
  if (tcgetattr(descriptor, &settings) != 0) fail(name);
  cfmakeraw(&settings);
  if (tcsetattr(descriptor, TCSANOW, &settings) != 0) fail(name);
}

}  // namespace

int listen_at(const std::string& address, std::uint16_t& port) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &place.sin_addr) != 1)
    throw std::runtime_error("'" + address + "' is no address like 127.0.0.1");
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof place;
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&place), size) != 0 ||
      listen(descriptor, 16) != 0 ||
      getsockname(descriptor, reinterpret_cast<sockaddr*>(&place), &size) != 0)
    fail("cannot listen at " + address + ":" + std::to_string(port));
  port = ntohs(place.sin_port);
  return descriptor;
}

int open_terminal(std::string& name) {
  const int descriptor = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0 || grantpt(descriptor) != 0 || unlockpt(descriptor) != 0)
    fail("pseudo terminal");
  char path[64];
  if (ptsname_r(descriptor, path, sizeof path) != 0) fail("pseudo terminal");
  name = path;
  // held open for as long as the process lives: without anybody there reading would fail
  const int other = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (other < 0) fail(name);
  make_raw(other, name);
  return descriptor;
}

int open_line(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) fail(path);
  make_raw(descriptor, path);
  return descriptor;
}

}  // namespace fieldweir
