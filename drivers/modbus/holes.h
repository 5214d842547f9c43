// ModbusHoles: what one device is known to refuse, so that it is not asked for it again. Pure;
// owned by its driver, bus thread only, shared by all its poll groups, kept while the device is
// away.
//
// A hole may be mended (a module plugged in, a firmware renewed, a device that was starting up). So
// now and then one of them is asked for again, in turn; if it is answered, everything is forgotten
// and learnt anew, since what mended one has probably mended more. A probe is made every 5 minutes
// at most, and at most once in 200 reads, so that the cost stays below 1 %.
#pragma once

#include <span>
#include <vector>

#include "core/time.h"
#include "drivers/modbus/plan.h"

namespace fieldweir {

class ModbusHoles {
 public:
  static constexpr Duration probe_every = 5 * minute;
  static constexpr std::uint64_t reads_per_probe = 200;

  /// For a device of so many points; allocates all it ever needs.
  ModbusHoles(const ModbusLimits& limits, std::size_t points);

  /// The point is a hole by itself.
  bool bad(const ModbusPoint& point) const;
  /// The read that starts with this point, which is not bad.
  PlannedRead next_read(std::span<const ModbusPoint> sorted, std::uint32_t first) const {
    return fieldweir::next_read(sorted, first, limits_, holes_);
  }

  /// False, and everything is forgotten, if there are more holes than points: no device that
  /// answers alike twice has so many.
  bool learn(const ModbusHole& hole, Time now);
  void forget();
  bool empty() const { return holes_.empty(); }
  /// Grows with everything learnt or forgotten.
  std::uint64_t changes() const { return changes_; }

  // --- probes ---

  /// A read for its values was answered.
  void count_read() { ++reads_; }
  bool probe_due(Time now) const;
  /// What to ask for. Not while empty().
  PlannedRead probe() const;
  void probed(bool refused, Time now);

 private:
  const ModbusLimits limits_;
  std::vector<ModbusHole> holes_;
  std::uint64_t changes_ = 0;
  std::uint64_t reads_ = 0;  // since the last probe
  Time next_probe_ = 0;
  std::size_t turn_ = 0;
};

}  // namespace fieldweir
