#include "drivers/modbus/hole_search.h"

#include <algorithm>

namespace fieldweir {

std::uint32_t HoleSearch::Length::next() const {
  const std::uint32_t twice = std::max(2 * accepted, 1u);
  return std::min(twice, (accepted + refused) / 2);
}

void HoleSearch::start(std::span<const ModbusPoint> sorted, const PlannedRead& read) {
  points_ = sorted;
  read_ = read;
  // one more than was refused: the whole must be refused a second time to count
  front_ = {0, read.size + 1};
  back_ = {};
}

PlannedRead HoleSearch::next() const {
  if (!front_.known()) return joined_read(points_, read_.first, front_.next());
  const std::uint32_t end = read_.first + front_.refused;
  return joined_read(points_, end - back_.next(), back_.next());
}

std::optional<ModbusHole> HoleSearch::told(bool refused) {
  Length& length = front_.known() ? back_ : front_;
  if (&length == &front_ && !refused && length.next() == read_.size) {
    stop();
    return std::nullopt;
  }
  (refused ? length.refused : length.accepted) = length.next();
  if (!front_.known()) return std::nullopt;
  if (back_.refused == 0) back_ = {0, front_.refused};
  if (!back_.known()) return std::nullopt;
  const ModbusHole hole = found();
  stop();
  return hole;
}

ModbusHole HoleSearch::found() const {
  const std::uint32_t end = read_.first + front_.refused;
  const PlannedRead least = joined_read(points_, end - back_.refused, back_.refused);
  return {least.table, least.address, least.count, back_.refused > 2};
}

}  // namespace fieldweir
