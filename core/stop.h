// Stop: tells everything that may block that the gateway is ending. Owned by the gateway object,
// requested once, readable by any thread; its descriptor becomes readable for good, so a poll(2)
// on a socket can wait for it too.
#pragma once

#include <atomic>

namespace fieldweir {

class Stop {
 public:
  Stop();
  ~Stop();
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;

  void request();
  bool requested() const { return requested_.load(std::memory_order_acquire); }
  int descriptor() const { return descriptor_; }

 private:
  std::atomic<bool> requested_{false};
  int descriptor_;
};

}  // namespace fieldweir
