#include "core/clock.h"

#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include <fstream>

namespace fieldweir {
namespace {

Time read_clock(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<Time>(t.tv_sec) * second + t.tv_nsec;
}

}  // namespace

SystemClock::SystemClock() : offset_(read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME)) {}

Time SystemClock::now() const { return read_clock(CLOCK_BOOTTIME) + offset_; }

Time SystemClock::wall() const { return read_clock(CLOCK_REALTIME); }

bool SystemClock::synchronised() const {
  timex query{};  // modes = 0: reads only
  if (const int state = adjtimex(&query); state >= 0) return state != TIME_ERROR;
  // a service that must not set the clock may mostly not ask for its state either
  return access("/run/systemd/timesync/synchronized", F_OK) == 0;
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  return std::getline(file, id) ? id : "unknown";
}

}  // namespace fieldweir
