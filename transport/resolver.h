// Resolver: the only place that looks names up. A worker of its own, because getaddrinfo(3) cannot
// be given a deadline; it serves everyone from a cache of last good answers, so that neither a bus
// nor an uplink ever waits for DNS beyond its own deadline. Fixed number of names (the
// configuration's): the gateway object owns it, each client's constructor says which name it
// expects. One lookup at a time; while one hangs, names with a good answer are still served. A
// failed refresh keeps the last answer.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/fixed_text.h"
#include "core/log.h"
#include "core/result.h"
#include "core/stop.h"
#include "core/worker.h"

namespace fieldweir {

class Resolver final : public Worker {
 public:
  /// A numeric address as text: "192.0.2.10", "::1".
  using Address = FixedText<46>;

  /// Blocks for as long as it likes; may be called on the resolver's thread only.
  using Lookup = std::function<Result<Address>(const std::string& host)>;
  /// getaddrinfo(3); the first IPv4 address if there is one, because `localhost` and most field
  /// networks answer with an IPv6 address that nothing listens on.
  static Result<Address> system_lookup(const std::string& host);

  explicit Resolver(const Clock& clock, Lookup lookup = system_lookup);

  /// While building: makes room for a name. Literal addresses need none.
  void expect(const std::string& host);

  /// Any thread. A literal address or a cached answer at once, else waits for the first lookup
  /// until the deadline. An answer older than a minute is refreshed in the background.
  Result<Address> resolve(const std::string& host, Time deadline, const Stop& stop);

  std::string_view name() const override { return "resolver"; }
  Time turn(Time now) override;
  Duration longest_turn() const override { return never; }  // getaddrinfo has no deadline

 private:
  struct Entry {
    std::string host;
    Address address;
    Error why;                  // of the last lookup, if it failed
    Time answered = 0;          // gateway time of the last lookup's end
    std::uint64_t lookups = 0;  // finished ones
    bool good = false;          // `address` holds a last good answer
    bool wanted = false;        // a lookup is asked for or under way
  };
  Entry& entry(const std::string& host);

  const Clock& clock_;
  const Lookup lookup_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::vector<Entry> entries_;  // grows only while building
  std::size_t next_ = 0;        // where turn() goes on looking, so that no name starves another
  LogLimit refresh_failed_;
};

}  // namespace fieldweir
