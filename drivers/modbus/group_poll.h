// GroupPoll: one poll of one group of points: what to ask next, given what the device has answered
// and refused so far. Pure; owned by the driver, bus thread only. Bounded: each refusal is followed
// by a search that either finds a hole, which is not asked for again, or reads the points.
#pragma once

#include <optional>
#include <span>

#include "drivers/modbus/hole_search.h"
#include "drivers/modbus/holes.h"

namespace fieldweir {

class GroupPoll {
 public:
  explicit GroupPoll(ModbusHoles& holes) : holes_(holes) {}

  /// The points, in reading order, stay where they are while the poll is under way.
  /// `ask_something`: a probe, if there is nothing else, so that the device shows that it is there.
  void start(std::span<const ModbusPoint> sorted, Time now, bool ask_something);
  void stop();

  /// What to ask next; nullptr: the poll is over. Its `size` says how many points' values are to be
  /// taken from the answer: none from that of a search or a probe.
  const PlannedRead* next() const { return under_way_ ? &asked_ : nullptr; }

  // what came of it
  void answered();
  void refused();
  /// Something else is wrong with the device: the read that is not made because of it.
  PlannedRead failed();

 private:
  enum class Step : std::uint8_t { read, search, probe };
  void take(const PlannedRead& read) { at_ = read.first + read.size; }
  void told(bool refused);
  void advance();
  void ask(Step step, const PlannedRead& read);

  ModbusHoles& holes_;
  HoleSearch search_;
  std::span<const ModbusPoint> points_;
  bool under_way_ = false;
  Time now_ = 0;
  bool asked_any_ = false;  // or need not be
  std::uint32_t at_ = 0;    // the first point not yet read
  Step step_ = Step::read;  // what `asked_` is
  PlannedRead asked_{};
  PlannedRead searched_{};  // the read that the search is about
};

}  // namespace fieldweir
