#include "core/clock.h"

#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace fieldweir {
namespace {

Time read_clock(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<Time>(t.tv_sec) * second + t.tv_nsec;
}

/// The first half of the random UUID that the kernel gives each boot.
std::uint64_t boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string text;
  std::getline(file, text);
  std::erase(text, '-');
  return std::strtoull(text.substr(0, 16).c_str(), nullptr, 16);
}

}  // namespace

SystemClock::SystemClock()
    : boot_{boot_id(), read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME)} {}

Time SystemClock::now() const { return read_clock(CLOCK_BOOTTIME) + boot_.at; }

Time SystemClock::wall() const { return read_clock(CLOCK_REALTIME); }

bool SystemClock::synchronised() const {
  timex query{};  // modes = 0: reads only
  if (const int state = adjtimex(&query); state >= 0) return state != TIME_ERROR;
  // a sandbox that forbids setting the clock may forbid asking for its state too
  return access("/run/systemd/timesync/synchronized", F_OK) == 0;
}

}  // namespace fieldweir
