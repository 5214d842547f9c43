// RecentCommands: the ids of the commands of the last ten minutes, so that one that comes twice is
// written once. Owned by the commands worker. Fixed memory: 1,024 of them. Without room the worker
// refuses commands, since forgetting one early would let its duplicate through.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "core/time.h"

namespace fieldweir {

class RecentCommands {
 public:
  /// No command is valid for longer (command_json.h), so what is forgotten has expired.
  static constexpr Duration memory = 10 * minute;

  bool knows(std::string_view origin, std::string_view id, Time now) {
    forget(now);
    const std::uint64_t key = key_of(origin, id);
    for (std::size_t i = 0; i < count_; ++i)
      if (entry(i).key == key) return true;
    return false;
  }

  std::size_t room(Time now) {
    forget(now);
    return entries_.size() - count_;
  }

  /// Only while there is room.
  void remember(std::string_view origin, std::string_view id, Time now) {
    FIELDWEIR_CHECK(room(now) > 0);
    entry(count_++) = {key_of(origin, id), now};
  }

 private:
  struct Entry {
    std::uint64_t key;
    Time time;
  };
  Entry& entry(std::size_t i) { return entries_[(first_ + i) % entries_.size()]; }

  void forget(Time now) {
    for (; count_ > 0 && entry(0).time < now - memory; --count_)
      first_ = (first_ + 1) % entries_.size();
  }

  /// FNV-1a of both with a separator that is in neither.
  static std::uint64_t key_of(std::string_view origin, std::string_view id) {
    std::uint64_t hash = 0xCBF29CE484222325u;
    const auto mix = [&hash](char c) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    };
    std::ranges::for_each(origin, mix);
    mix('\n');
    std::ranges::for_each(id, mix);
    return hash;
  }

  std::array<Entry, 1024> entries_;  // a ring in the order of time
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace fieldweir
