// World: everything around a simulated gateway, on one thread, from one seed: when devices are
// dead, when destinations are away, what they take, and which answers they lose. Nothing here knows
// the gateway's insides: a destination sees messages only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "core/random.h"
#include "daemon/settings.h"
#include "tests/support/fake_clock.h"

namespace fieldweir {

/// What one destination recorded, and whether it was ever told something that must not be.
class Destination {
 public:
  Destination(std::uint64_t seed, std::string name) : seed_(seed), name_(std::move(name)) {}

  /// Away for whole stretches of ten minutes, more often in some hours than in others.
  bool away(Time now) const;
  /// Takes a message. False: taken, but the answer is lost.
  bool take(const Message& message);

  struct Batch {
    std::size_t readings = 0;
    std::size_t bytes_hash = 0;
    std::uint64_t from = 0;  // first seq that it stands for
  };
  using Key = std::tuple<Lane, std::uint32_t, std::uint64_t>;  // lane, epoch, seq
  const std::map<Key, Batch>& batches() const { return batches_; }
  std::uint64_t readings() const { return readings_; }
  const std::string& name() const { return name_; }

 private:
  const std::uint64_t seed_;
  const std::string name_;
  std::map<Key, Batch> batches_;
  std::uint64_t readings_ = 0;
  std::uint64_t taken_ = 0;
};

/// Puts the world's devices and destinations in the place of real ones.
void move_into_world(Settings& settings, std::uint64_t seed,
                     std::map<std::string, std::unique_ptr<Destination>>& destinations);

/// One of `every` stretches of `length`, by chance.
bool in_outage(std::uint64_t seed, Time now, Duration length, std::uint64_t every);

}  // namespace fieldweir
