// plan: joins the points of a device into as few reads as its limits allow, around what it is known
// to refuse. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "drivers/modbus/frame.h"

namespace fieldweir {

/// One signal's place. In bit tables width is 1 and counts bits.
struct ModbusPoint {
  ModbusTable table;
  std::uint16_t address;  // zero-based; address + width <= 65,536
  std::uint16_t width;    // registers
};

struct ModbusLimits {
  std::uint16_t max_gap = 8;     // registers read through to join two points
  std::uint16_t max_read = 125;  // registers in one read; for bits both count sixteenfold
};

/// A read that the device refuses: so it refuses every read that contains it or, where it was too
/// long, every read that is as long.
struct ModbusHole {
  ModbusTable table;
  std::uint16_t address;
  std::uint16_t count;
  bool too_long = false;

  bool within(ModbusTable other, unsigned address, unsigned end) const;
  friend bool operator==(const ModbusHole&, const ModbusHole&) = default;
};

/// One read and the points in it, by their position in the plan's order.
struct PlannedRead {
  ModbusTable table;
  std::uint16_t address;
  std::uint16_t count;
  std::uint32_t first;
  std::uint32_t size;
};

struct ModbusPlan {
  std::vector<std::uint32_t> order;  // indices of the points, by table and address
  std::vector<PlannedRead> reads;
};

/// Indices of the points in the order of reading: by table and address.
std::vector<std::uint32_t> reading_order(std::span<const ModbusPoint> points);

/// The read that starts with the point at `first` and takes as many of those that follow as it can.
/// Never splits a point. A point wider than max_read gets a read of its own width; one that is a
/// hole by itself must not be asked for.
PlannedRead next_read(std::span<const ModbusPoint> sorted, std::uint32_t first,
                      const ModbusLimits& limits, std::span<const ModbusHole> holes = {});

/// The read of exactly these points, whatever the limits.
PlannedRead joined_read(std::span<const ModbusPoint> sorted, std::uint32_t first,
                        std::uint32_t size);

/// All reads of a device that refuses none.
ModbusPlan plan_reads(std::span<const ModbusPoint> points, const ModbusLimits& limits);

}  // namespace fieldweir
