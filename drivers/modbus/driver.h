// ModbusDriver: one Modbus device. Owned by the bus worker, bus thread only; the link is shared
// with the other devices of the bus.
//
// A turn makes one request, so that the devices behind one endpoint take turns. A request that is
// not answered is repeated in a later turn, as often as `retries` allows; the allowance is earned
// by an answer at the first attempt, so that a device that is away costs its bus one timeout. A
// block that the device refuses (exception 2 or 3) is searched for what it does not have (holes.h):
// the other points are read in the same poll, the missing ones are marked bad(illegal address) then
// and once a minute. Any other exception concerns the points of that one read in that one poll,
// except those by which a gateway says that the device behind it is silent.
#pragma once

#include <memory>
#include <vector>

#include "drivers/drivers.h"
#include "drivers/modbus/device.h"
#include "drivers/modbus/group_poll.h"
#include "drivers/modbus/link.h"
#include "drivers/poll_schedule.h"

namespace fieldweir {

class ModbusDriver final : public Driver {
 public:
  /// `device` outlives it.
  ModbusDriver(const ModbusDevice& device, SignalId first, std::shared_ptr<ModbusLink> link,
               const DriverContext& context);

  Result<> open(Time deadline, const Stop& stop) override;
  Result<Time> poll(Time now, Time deadline, Sink& sink, const Stop& stop) override;
  void close() override;

  /// One request, function 5, 6 or 16: a value of several registers is written as a whole. Never
  /// repeated: where there was no answer, the error says that it may have been written.
  Result<Reading> write(std::size_t signal, const Reading& value, Time deadline,
                        const Stop& stop) override;

  Time quiet_until() const override { return link_->quiet_until(endpoint_.unit); }
  bool retry() const override { return retry_; }
  bool opens_here() const override { return !endpoint_.serial.empty(); }
  bool idle() const override { return idle_; }
  /// A write and its reading back; a poll takes half of it.
  Duration patience() const override { return 2 * endpoint_.timeout; }
  double polls_per_second() const override { return schedule_.per_second(); }

 private:
  struct Group {
    std::vector<std::uint32_t> order;  // indices of signals, in reading order
    std::vector<ModbusPoint> points;   // theirs
    std::size_t missing = 0;           // of them
    std::uint64_t changes = 0;         // of the holes, when `missing` was marked
    Time mark = 0;                     // when they are marked again
  };

  bool begin(Time now);
  Result<> step(const PlannedRead& read, Time deadline, Sink& sink, const Stop& stop);
  void end(Time now, Sink& sink);
  Time rest(Time now);
  Result<ModbusAnswer> ask(const ModbusRequest& request, Time deadline, const Stop& stop);
  Result<Reading> read_back(std::size_t signal, Time deadline, const Stop& stop);

  void put_values(const PlannedRead& read, const ModbusAnswer& answer, Sink& sink);
  void put_bad(const PlannedRead& read, Sink& sink) const;
  void mark_missing(Group& group, Time now, Sink& sink);

  const ModbusEndpoint& endpoint_;
  const SignalId first_;
  const std::shared_ptr<ModbusLink> link_;
  const Clock& clock_;
  const std::vector<ModbusSignal>& signals_;
  std::vector<ModbusValue> values_;  // by signal
  std::vector<Group> groups_;
  PollSchedule schedule_;
  ModbusHoles holes_;
  GroupPoll poll_;

  Group* group_ = nullptr;  // of the poll under way
  bool whole_ = false;      // all of it was answered
  bool answered_ = false;   // since open()
  int retries_ = 0;         // that it may still make
  bool retry_ = false;
  bool idle_ = false;
};

}  // namespace fieldweir
