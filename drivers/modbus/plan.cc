#include "drivers/modbus/plan.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace fieldweir {
namespace {

constexpr unsigned bits_per_register = 16;

}  // namespace

PlannedRead single_read(const ModbusPoint& point, std::uint32_t position) {
  return {point.table, point.address, point.width, position, 1};
}

// From the lowest address on, each read takes what it can. That is the fewest possible: the lowest
// point not yet read has to start some read, and no read that starts there reaches further.
ModbusPlan plan_reads(std::span<const ModbusPoint> points, const ModbusLimits& limits) {
  ModbusPlan plan;
  plan.order.resize(points.size());
  std::iota(plan.order.begin(), plan.order.end(), 0u);
  std::ranges::stable_sort(plan.order, {}, [points](std::uint32_t i) {
    return std::tuple(points[i].table, points[i].address);
  });

  for (std::uint32_t position = 0; position < plan.order.size(); ++position) {
    const ModbusPoint& point = points[plan.order[position]];
    const unsigned scale = holds_bits(point.table) ? bits_per_register : 1;
    if (!plan.reads.empty()) {
      PlannedRead& read = plan.reads.back();
      const unsigned read_end = read.address + read.count;
      const unsigned end = std::max<unsigned>(read_end, point.address + point.width);
      if (read.table == point.table && point.address <= read_end + limits.max_gap * scale &&
          end - read.address <= limits.max_read * scale) {
        read.count = static_cast<std::uint16_t>(end - read.address);
        ++read.size;
        continue;
      }
    }
    plan.reads.push_back(single_read(point, position));
  }
  return plan;
}

}  // namespace fieldweir
