#include "drivers/modbus/plan.h"

#include <algorithm>

namespace fieldweir {
namespace {

constexpr unsigned bits_per_register = 16;

unsigned end_of(const ModbusPoint& point) { return point.address + point.width; }

/// Where a read that starts with this point must end, so that it contains no hole.
unsigned latest_end(const ModbusPoint& first, unsigned max_read,
                    std::span<const ModbusHole> holes) {
  unsigned latest = first.address + std::max<unsigned>(max_read, first.width);
  for (const ModbusHole& hole : holes) {
    if (hole.table != first.table) continue;
    const unsigned from = hole.too_long ? first.address : hole.address;
    if (from >= first.address) latest = std::min(latest, from + hole.count - 1);
  }
  return latest;
}

}  // namespace

bool ModbusHole::within(ModbusTable other, unsigned from, unsigned end) const {
  if (other != table) return false;
  return too_long ? end - from >= count : from <= address && end >= address + unsigned{count};
}

std::vector<std::uint32_t> reading_order(std::span<const ModbusPoint> points) {
  // numbers sort several times faster than points by their table and address
  std::vector<std::uint64_t> keys;
  keys.reserve(points.size());
  for (const ModbusPoint& point : points)
    keys.push_back(static_cast<std::uint64_t>(point.table) << 48 |
                   static_cast<std::uint64_t>(point.address) << 32 | keys.size());
  std::sort(keys.begin(), keys.end());
  return {keys.begin(), keys.end()};
}

// From the lowest address on, each read takes what it can. That is the fewest possible: the lowest
// point not yet read has to start some read, and no read that starts there reaches further.
PlannedRead next_read(std::span<const ModbusPoint> sorted, std::uint32_t first,
                      const ModbusLimits& limits, std::span<const ModbusHole> holes) {
  const ModbusPoint& start = sorted[first];
  const unsigned scale = holds_bits(start.table) ? bits_per_register : 1;
  const unsigned latest = latest_end(start, limits.max_read * scale, holes);
  unsigned end = end_of(start);
  std::uint32_t next = first + 1;
  for (; next < sorted.size(); ++next) {
    const ModbusPoint& point = sorted[next];
    if (point.table != start.table || point.address > end + limits.max_gap * scale ||
        end_of(point) > latest)
      break;
    end = std::max(end, end_of(point));
  }
  return {start.table, start.address, static_cast<std::uint16_t>(end - start.address), first,
          next - first};
}

PlannedRead joined_read(std::span<const ModbusPoint> sorted, std::uint32_t first,
                        std::uint32_t size) {
  const ModbusPoint& start = sorted[first];
  unsigned end = 0;
  for (const ModbusPoint& point : sorted.subspan(first, size)) end = std::max(end, end_of(point));
  return {start.table, start.address, static_cast<std::uint16_t>(end - start.address), first, size};
}

ModbusPlan plan_reads(std::span<const ModbusPoint> points, const ModbusLimits& limits) {
  ModbusPlan plan{reading_order(points), {}};
  std::vector<ModbusPoint> sorted;
  for (const std::uint32_t index : plan.order) sorted.push_back(points[index]);
  for (std::uint32_t first = 0; first < sorted.size(); first += plan.reads.back().size)
    plan.reads.push_back(next_read(sorted, first, limits));
  return plan;
}

}  // namespace fieldweir
