// SignalTable: the name, unit, kind, device and lane of every signal. Owned by the gateway object.
//
// Filled while the gateway is built (`define`), except for ranges set aside for wildcard topics
// (`reserve`), whose entries are named later by the one bus thread that owns them (`claim`).
// Nothing is ever renamed or removed; any thread may read. Full: `define` and `reserve` are sized
// by the configuration and check; `claim` is bounded by its range, which its owner counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/fixed_text.h"
#include "core/reading.h"

namespace fieldweir {

/// Priority classes of batches, highest first.
enum class Lane : std::uint8_t { events, telemetry };
inline constexpr int lane_count = 2;
std::string_view to_string(Lane lane);

using SignalName = FixedText<64>;
using UnitName = FixedText<16>;

class SignalTable {
 public:
  explicit SignalTable(std::size_t capacity);

  static std::size_t bytes_for(std::size_t capacity) { return capacity * sizeof(Entry); }

  struct Signal {
    SignalName name;  // "boiler.supply_temp"; empty while reserved and not yet claimed
    UnitName unit;
    Kind kind = Kind::none;
    Lane lane = Lane::telemetry;
    std::uint16_t device = no_device;
  };
  static constexpr std::uint16_t no_device = UINT16_MAX;  // derived and system signals

  /// While building. Names are unique; the configuration has seen to that.
  SignalId define(const Signal& signal);

  /// While building: `count` entries like `prototype`, whose names are still to be claimed.
  SignalId reserve(std::size_t count, const Signal& prototype);

  /// Names a reserved entry, once, on the thread that owns the range.
  void claim(SignalId id, std::string_view name);

  /// Entries defined or reserved.
  std::size_t size() const { return size_; }

  /// Whether the entry has its name.
  bool known(SignalId id) const { return entries_[id].known.load(std::memory_order_acquire); }

  /// A reserved entry that is not yet claimed has an empty name.
  const Signal& operator[](SignalId id) const;

  std::optional<SignalId> find(std::string_view name) const;

 private:
  struct Entry {
    Signal signal;
    // set after the name is written (release), read before it is (acquire)
    std::atomic<bool> known{false};
  };
  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace fieldweir
