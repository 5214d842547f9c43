#include "core/stop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <system_error>

namespace fieldweir {

Stop::Stop() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
}

Stop::~Stop() { close(descriptor_); }

void Stop::request() {
  requested_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  // cannot fail: the counter is far from its limit and nobody reads it down
  [[maybe_unused]] const auto written = write(descriptor_, &one, sizeof one);
}

}  // namespace fieldweir
