// Resolver: the only place that looks names up. A worker of its own, because getaddrinfo(3) cannot be
// given a deadline; it serves everyone from a cache of last good answers, so that neither a bus nor an
// uplink nor Paho ever waits for DNS beyond its own deadline. Fixed number of names (the configuration's).
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/stop.h"
#include "core/worker.h"

namespace fieldweir {

class Resolver final : public Worker {
 public:
  /// A numeric address as text: "192.0.2.10", "::1".
  using Address = FixedText<46>;

  explicit Resolver(const Clock& clock);

  /// While building: makes room for a name. Literal addresses need none.
  void expect(const std::string& host);

  /// Any thread. A literal address or a cached answer at once, else waits for the first lookup until
  /// the deadline. An answer older than a minute is refreshed in the background.
  Result<Address> resolve(const std::string& host, Time deadline, const Stop& stop);

  std::string_view name() const override { return "resolver"; }
  Time turn(Time now) override;
  Duration longest_turn() const override { return never; }  // getaddrinfo has no deadline

 private:
  struct Entry {
    std::string host;
    Address address;
    Error why;            // of the last lookup, if it failed
    Time answered = 0;    // gateway time of the last lookup's end; 0: never
    bool good = false;    // `address` holds a last good answer
    bool wanted = false;
  };
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::vector<Entry> entries_;
};

}  // namespace fieldweir
