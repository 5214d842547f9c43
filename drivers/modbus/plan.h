// plan: joins the points of a device into as few reads as its limits allow. Pure.
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

/// One read and the points in it: order[first] to order[first + size - 1] of the plan.
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

/// Never splits a point. A point wider than max_read gets a read of its own width.
ModbusPlan plan_reads(std::span<const ModbusPoint> points, const ModbusLimits& limits);

/// The read of one point alone, as for a block that was refused. `position` is its place in the
/// order.
PlannedRead single_read(const ModbusPoint& point, std::uint32_t position);

}  // namespace fieldweir
