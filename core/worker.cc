#include "core/worker.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>

namespace fieldweir {

void Doorbell::ring() {
  {
    const std::scoped_lock lock(mutex_);
    if (rung_) return;
    rung_ = true;
  }
  rung_changed_.notify_one();
}

bool Doorbell::answer() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(rung_, false);
}

void Doorbell::wait(Duration longest) {
  std::unique_lock lock(mutex_);
  rung_changed_.wait_for(lock, std::chrono::nanoseconds(longest), [this] { return rung_; });
  rung_ = false;
}

WorkerThread::WorkerThread(Worker& worker, const Clock& clock)
    : worker_(worker), clock_(clock), thread_([this] { run(); }) {
  // the kernel keeps 15 bytes of a thread's name
  pthread_setname_np(thread_.native_handle(), std::string(worker.name().substr(0, 15)).c_str());
}

WorkerThread::~WorkerThread() {
  request_stop();
  thread_.join();
}

void WorkerThread::request_stop() {
  stopping_.store(true, std::memory_order_release);
  worker_.doorbell().ring();
}

Time WorkerThread::turn(Time now) {
  try {
    return worker_.turn(now);
  } catch (const std::bad_alloc&) {
    // half a turn may have lost its place, the journal has not; logging would need memory
    std::fprintf(stderr, "fieldweir: %.*s: out of memory\n",
                 static_cast<int>(worker_.name().size()), worker_.name().data());
    std::_Exit(EXIT_FAILURE);
  }
}

void WorkerThread::run() {
  while (!stopping_.load(std::memory_order_acquire)) {
    const Time now = clock_.now();
    const Duration longest = worker_.longest_turn();
    busy_until_.store(longest == never ? never : now + longest, std::memory_order_relaxed);
    const Time due = turn(now);
    busy_until_.store(never, std::memory_order_relaxed);
    // at most an hour at a time: keeps the wait far from the clocks' limits
    const Duration idle = std::min(due - std::max<Time>(clock_.now(), 0), hour);
    if (idle <= 0) continue;
    const Duration rest = std::min(idle, worker_.rest());
    if (rest > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(rest));
    if (idle > rest) worker_.doorbell().wait(idle - rest);
  }
  ended_.store(true, std::memory_order_release);
}

}  // namespace fieldweir
