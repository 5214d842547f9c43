// eventually: waits for the observable. True as soon as `condition` is, false after `longest`.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace fieldweir {

inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds longest = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + longest;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace fieldweir
