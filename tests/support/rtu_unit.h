// RtuUnit: Modbus RTU units at the far end of a line, on a thread of their own: of a
// pseudo-terminal that stands for a serial port, or of a serial device server on a free port of the
// loopback. What they say to a request, and when, is told by the test. Every register depends on
// address and request, as with ModbusFaultServer.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/stop.h"

namespace fieldweir {

class RtuUnit {
 public:
  using Bytes = std::vector<std::uint8_t>;
  struct Step {
    int after;  // ms since the step before
    Bytes bytes;
    bool hang_up = false;  // then; TCP only
  };
  /// What is said to the n-th request.
  using Talk = std::function<std::vector<Step>(const Bytes& request, std::uint32_t n)>;

  enum class Line { pseudo_terminal, tcp };
  explicit RtuUnit(Line line);
  ~RtuUnit();
  RtuUnit(const RtuUnit&) = delete;
  RtuUnit& operator=(const RtuUnit&) = delete;

  /// Of the pseudo-terminal.
  const std::string& path() const { return path_; }
  int port() const { return port_; }

  void set(Talk talk);
  std::uint32_t requests() const { return requests_; }
  std::uint32_t connections() const { return connections_; }
  /// Something that nobody asked for.
  void say(const Bytes& bytes) const;

  static Bytes with_checksum(Bytes bytes);
  /// The right answer.
  static Bytes answer(const Bytes& request, std::uint32_t n);

 private:
  void run();
  bool serve();  // false: the connection is over
  bool pause(int milliseconds);

  std::string path_;
  int port_ = 0;
  int listener_ = -1;
  int held_ = -1;  // the near end, so that the far one never sees it closed
  std::atomic<int> line_{-1};
  std::mutex mutex_;
  Talk talk_;
  Bytes received_;
  std::atomic<std::uint32_t> requests_{0};
  std::atomic<std::uint32_t> connections_{0};
  Stop quit_;
  std::thread thread_;
};

}  // namespace fieldweir
