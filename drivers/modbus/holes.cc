#include "drivers/modbus/holes.h"

#include <algorithm>

namespace fieldweir {

ModbusHoles::ModbusHoles(const ModbusLimits& limits, std::size_t points) : limits_(limits) {
  holes_.reserve(points);
}

bool ModbusHoles::bad(const ModbusPoint& point) const {
  return std::ranges::any_of(holes_, [&point](const ModbusHole& hole) {
    return hole.within(point.table, point.address, point.address + unsigned{point.width});
  });
}

bool ModbusHoles::learn(const ModbusHole& hole, Time now) {
  if (holes_.size() == holes_.capacity()) {
    forget();
    return false;
  }
  if (holes_.empty()) {
    next_probe_ = now + probe_every;
    reads_ = 0;
  }
  holes_.push_back(hole);
  ++changes_;
  return true;
}

void ModbusHoles::forget() {
  holes_.clear();
  ++changes_;
}

bool ModbusHoles::probe_due(Time now) const {
  // of a device that has nothing but holes, nothing else is asked
  const bool affordable = reads_ == 0 || reads_ >= reads_per_probe;
  return !holes_.empty() && now >= next_probe_ && affordable;
}

PlannedRead ModbusHoles::probe() const {
  const ModbusHole& hole = holes_[turn_ % holes_.size()];
  return {hole.table, hole.address, hole.count, 0, 0};
}

void ModbusHoles::probed(bool refused, Time now) {
  ++turn_;
  reads_ = 0;
  next_probe_ = now + probe_every;
  if (!refused) forget();
}

}  // namespace fieldweir
