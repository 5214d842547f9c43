// World: everything around a simulated gateway, on one thread, from one seed: when devices are
// dead, when destinations are away, what they take, and which answers they lose. Nothing here knows
// the gateway's insides: a destination sees messages only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "core/random.h"
#include "daemon/settings.h"
#include "tests/simulation/plan.h"
#include "tests/support/fake_clock.h"

namespace fieldweir {

/// What one destination recorded, and whether it was ever told something that must not be.
class Destination {
 public:
  Destination(std::uint64_t seed, std::string name, const Plan& plan)
      : seed_(seed), name_(std::move(name)), plan_(plan) {}

  /// Away for whole stretches of ten minutes, more often in some hours than in others, and for as
  /// long as the plan says.
  bool away(Time now) const;
  /// Refuses our credentials, for an hour.
  bool locked(Time now) const;

  enum class Answer { taken, lost, refused };
  /// Takes a message; lost: taken, but the answer is lost; refused: some of it will never be taken.
  Answer take(const Message& message);

  struct Batch {
    std::size_t readings = 0;
    std::size_t bytes_hash = 0;
    std::uint64_t from = 0;  // first seq that it stands for
  };
  using Place = std::tuple<Lane, std::uint32_t, std::uint32_t, std::uint64_t>;  // lane, position
  using Key = std::tuple<Place, std::uint32_t, std::uint32_t>;  // and its part of how many
  const std::map<Key, Batch>& batches() const { return batches_; }
  std::uint64_t readings() const { return readings_; }
  std::uint64_t lost() const { return lost_; }  // readings, as gap marks say
  std::size_t thinned() const { return thinned_; }
  std::uint64_t asked() const { return asked_; }  // how often it was given a message
  /// Messages of one reading that it refused for ever.
  const std::set<Key>& refused() const { return refused_; }
  bool refused(const Place& place) const { return refused_places_.contains(place); }
  const std::string& name() const { return name_; }

 private:
  bool refuse(const Key& key, std::string_view body);
  bool in_order(const Place& place) const;

  const std::uint64_t seed_;
  const std::string name_;
  const Plan& plan_;
  std::map<Key, Batch> batches_;
  std::set<Key> refused_;
  std::set<Place> refused_places_;
  std::uint64_t readings_ = 0;
  std::uint64_t lost_ = 0;
  std::size_t thinned_ = 0;
  std::uint64_t asked_ = 0;
  std::uint64_t taken_ = 0;
};

/// Puts the world's devices and destinations in the place of real ones.
/// Destinations that are there already stay.
void move_into_world(Settings& settings, std::uint64_t seed, const Plan& plan,
                     std::map<std::string, std::unique_ptr<Destination>>& destinations);

/// One of `every` stretches of `length`, by chance.
bool in_outage(std::uint64_t seed, Time now, Duration length, std::uint64_t every);

}  // namespace fieldweir
