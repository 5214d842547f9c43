#include "drivers/modbus.h"

#include <algorithm>

#include "drivers/modbus/device.h"
#include "drivers/modbus/link.h"
#include "drivers/poll_schedule.h"

namespace fieldweir {
namespace {

class Modbus final : public Driver {
 public:
  Modbus(const ModbusDevice& device, SignalId first, std::shared_ptr<ModbusLink> link,
         const DriverContext& context);

  Result<> open(Time deadline, const Stop& stop) override;
  Result<Time> poll(Time now, Time deadline, Sink& sink, const Stop& stop) override;
  void close() override;
  Duration patience() const override { return endpoint_.timeout * (1 + endpoint_.retries); }

 private:
  struct Group {
    ModbusPlan plan;                 // order: indices of this device's signals
    std::vector<PlannedRead> reads;  // the plan's, as far as the device accepts them
  };

  Result<ModbusAnswer> ask(const PlannedRead& read, Time deadline, const Stop& stop);
  void split(Group& group, std::size_t read);
  void put_values(const Group& group, const PlannedRead& read, const ModbusAnswer& answer,
                  Sink& sink);
  void put_bad(const Group& group, const PlannedRead& read, Reason reason, Sink& sink) const;

  const ModbusEndpoint& endpoint_;
  const SignalId first_;
  const std::shared_ptr<ModbusLink> link_;
  const Clock& clock_;
  PollSchedule schedule_;
  std::vector<ModbusPoint> points_;  // by signal
  std::vector<ModbusValue> values_;  // by signal
  std::vector<Group> groups_;
  Group* group_ = nullptr;  // the poll under way
  std::size_t read_ = 0;    // its next read
  bool answered_ = false;   // the last request was
};

bool used(const ModbusDevice& device, std::size_t group) {
  return std::ranges::count(device.modbus_signals, group, &ModbusSignal::group) > 0;
}

std::vector<Duration> intervals(const ModbusDevice& device) {
  std::vector<Duration> all;
  for (std::size_t g = 0; g < device.poll.size(); ++g)
    if (used(device, g)) all.push_back(device.poll[g].second);
  return all;
}

Modbus::Modbus(const ModbusDevice& device, SignalId first, std::shared_ptr<ModbusLink> link,
               const DriverContext& context)
    : endpoint_(device.endpoint),
      first_(first),
      link_(std::move(link)),
      clock_(context.clock),
      schedule_(intervals(device), context.random) {
  for (const ModbusSignal& signal : device.modbus_signals) {
    points_.push_back(signal.point);
    values_.emplace_back(signal.format, context.texts);
  }
  for (std::size_t g = 0; g < device.poll.size(); ++g) {
    if (!used(device, g)) continue;
    std::vector<std::uint32_t> members;
    std::vector<ModbusPoint> points;
    for (std::uint32_t i = 0; i < points_.size(); ++i) {
      if (device.modbus_signals[i].group != g) continue;
      members.push_back(i);
      points.push_back(points_[i]);
    }
    Group& group = groups_.emplace_back();
    group.plan = plan_reads(points, {device.max_gap, device.max_read});
    for (std::uint32_t& index : group.plan.order) index = members[index];
    group.reads.reserve(points.size());  // the most that splitting can make of it
  }
}

Result<> Modbus::open(Time deadline, const Stop& stop) {
  for (Group& group : groups_) group.reads = group.plan.reads;
  return link_->open(std::min(deadline, clock_.now() + endpoint_.timeout), stop);
}

// Leaves the link alone: it has closed itself if it is out of step, and other units may be using
// it.
void Modbus::close() {
  group_ = nullptr;
  schedule_.restart();
}

Result<Time> Modbus::poll(Time now, Time deadline, Sink& sink, const Stop& stop) {
  if (group_ == nullptr) {
    const auto due = schedule_.take(now);
    if (!due) return schedule_.next();
    skipped.add(due->skipped);
    group_ = &groups_[due->group];
    read_ = 0;
  }
  if (read_ < group_->reads.size()) {
    const PlannedRead read = group_->reads[read_];
    if (sink.room() < read.size) {
      skipped.add();
      group_ = nullptr;
      return schedule_.next();
    }
    const Result<ModbusAnswer> answer = ask(read, deadline, stop);
    if (!answer) return answer.error();
    const std::uint8_t exception = answer.value().exception;
    if (exception == 10 || exception == 11)  // a gateway speaking for a device that does not
      return error(Reason::device_exception, "exception %u, %s", exception,
                   exception_text(exception));
    if ((exception == 2 || exception == 3) && read.size > 1) {
      split(*group_, read_);
      return now;
    }
    if (exception != 0)
      put_bad(*group_, read, reason_of_exception(exception), sink);
    else
      put_values(*group_, read, answer.value(), sink);
    ++read_;
  }
  if (read_ < group_->reads.size()) return now;
  group_ = nullptr;
  return schedule_.next();
}

/// Retries only a device that answered last time: one that is away costs its bus one timeout.
Result<ModbusAnswer> Modbus::ask(const PlannedRead& read, Time deadline, const Stop& stop) {
  const ModbusRequest request{endpoint_.unit, reading(read.table), read.address, read.count};
  int attempts = answered_ ? 1 + endpoint_.retries : 1;
  for (;;) {
    const Time patience = std::min(deadline, clock_.now() + endpoint_.timeout);
    Result<ModbusAnswer> answer = link_->ask(request, patience, stop);
    answered_ = answer.ok();
    if (answered_ || --attempts == 0 || stop.requested()) return answer;
  }
}

void Modbus::split(Group& group, std::size_t read) {
  const PlannedRead refused = group.reads[read];
  const auto at = group.reads.begin() + static_cast<std::ptrdiff_t>(read);
  group.reads.insert(at, refused.size - 1, refused);
  for (std::uint32_t i = 0; i < refused.size; ++i) {
    const std::uint32_t position = refused.first + i;
    group.reads[read + i] = single_read(points_[group.plan.order[position]], position);
  }
}

void Modbus::put_values(const Group& group, const PlannedRead& read, const ModbusAnswer& answer,
                        Sink& sink) {
  const Time received = clock_.now();
  for (std::uint32_t i = read.first; i < read.first + read.size; ++i) {
    const std::uint32_t index = group.plan.order[i];
    const std::size_t offset = points_[index].address - read.address;
    sink.put(values_[index].decode(read.table, answer.data, offset, first_ + index, received));
  }
}

void Modbus::put_bad(const Group& group, const PlannedRead& read, Reason reason, Sink& sink) const {
  const Time received = clock_.now();
  for (std::uint32_t i = read.first; i < read.first + read.size; ++i)
    sink.put(bad_reading(first_ + group.plan.order[i], received, reason));
}

const ModbusDevice& settings(const DeviceSettings& device) {
  return static_cast<const ModbusDevice&>(device);
}

}  // namespace

DriverKind modbus_tcp_driver() {
  DriverKind kind{};
  kind.key = "modbus_tcp";
  kind.read = [](const config::Node& node,
                 config::Mistakes& mistakes) -> std::unique_ptr<DeviceSettings> {
    auto device = std::make_unique<ModbusDevice>();
    const bool good = modbus_tcp_device_fields().read(node, *device, mistakes);
    if (!good || !work_out(*device, mistakes)) return nullptr;
    return device;
  };
  kind.bus = [](const DeviceSettings& device) { return bus_of(settings(device).endpoint); };
  kind.make = [](std::span<const DeviceSeat> devices, const DriverContext& context) {
    const ModbusEndpoint& endpoint = settings(devices.front().settings).endpoint;
    const std::shared_ptr<ModbusLink> link =
        make_modbus_link(endpoint, context.resolver, context.clock);
    // One phase for the whole bus: its requests go one after the other anyway, and a bus that works
    // in one go wakes the processor once where scattered polls would wake it for each device.
    std::vector<std::unique_ptr<Driver>> drivers;
    for (const DeviceSeat& seat : devices)
      drivers.push_back(
          std::make_unique<Modbus>(settings(seat.settings), seat.first, link, context));
    return drivers;
  };
  kind.fields = []() -> const std::vector<config::FieldInfo>& {
    return modbus_tcp_device_fields().infos();
  };
  return kind;
}

}  // namespace fieldweir
