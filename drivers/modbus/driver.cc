#include "drivers/modbus/driver.h"

#include <algorithm>

namespace fieldweir {
namespace {

constexpr Duration heartbeat = minute;

std::vector<PollSchedule::Group> timing(const ModbusDevice& device) {
  std::vector<PollSchedule::Group> all;
  for (std::size_t g = 0; g < device.poll.size(); ++g)
    if (!device.plan(g).order.empty())
      all.push_back({device.poll[g].interval, device.poll[g].aligned});
  return all;
}

bool refuses(std::uint8_t exception) { return exception == 2 || exception == 3; }

}  // namespace

ModbusDriver::ModbusDriver(const ModbusDevice& device, SignalId first,
                           std::shared_ptr<ModbusLink> link, const DriverContext& context)
    : endpoint_(device.endpoint),
      first_(first),
      link_(std::move(link)),
      clock_(context.clock),
      signals_(device.modbus_signals),
      schedule_(timing(device), context.random),
      holes_({device.max_gap, device.max_read}, device.modbus_signals.size()),
      poll_(holes_) {
  for (const ModbusSignal& signal : signals_) values_.emplace_back(signal.format, context.texts);
  for (std::size_t g = 0; g < device.poll.size(); ++g) {
    Group group{.order = device.plan(g).order, .points = {}};
    if (group.order.empty()) continue;
    for (const std::uint32_t index : group.order) group.points.push_back(signals_[index].point);
    groups_.push_back(std::move(group));
  }
}

Result<> ModbusDriver::open(Time deadline, const Stop& stop) {
  return link_->open(std::min(deadline, clock_.now() + endpoint_.timeout), stop);
}

// Leaves the link alone: it has closed itself if it is out of step, and other units may be using
// it.
void ModbusDriver::close() {
  group_ = nullptr;
  poll_.stop();
  schedule_.restart();
  for (Group& group : groups_) group.mark = 0;
  answered_ = false;
  retries_ = 0;
  retry_ = false;
}

Result<Time> ModbusDriver::poll(Time now, Time deadline, Sink& sink, const Stop& stop) {
  idle_ = true;
  if (group_ == nullptr && !begin(now)) return rest(now);
  if (const PlannedRead* read = poll_.next()) {
    if (sink.room() < read->size) {
      skipped.add();
      poll_.stop();
      group_ = nullptr;
      return rest(now);
    }
    idle_ = false;
    if (Result<> done = step(*read, deadline, sink, stop); !done) return done.error();
  }
  if (poll_.next() != nullptr) return now;
  end(now, sink);
  return rest(now);
}

bool ModbusDriver::begin(Time now) {
  const auto due = schedule_.take(now, clock_.wall() - clock_.now());
  if (!due) return false;
  skipped.add(due->skipped);
  group_ = &groups_[due->group];
  whole_ = true;
  poll_.start(group_->points, now, !answered_);
  return true;
}

Result<> ModbusDriver::step(const PlannedRead& read, Time deadline, Sink& sink, const Stop& stop) {
  const Result<ModbusAnswer> answer = ask({.unit = endpoint_.unit,
                                           .function = reading(read.table),
                                           .address = read.address,
                                           .count = read.count},
                                          deadline, stop);
  if (!answer) {
    retry_ = retries_ > 0;
    if (retry_) --retries_;
    return answer.error();
  }
  if (!retry_) retries_ = endpoint_.retries;
  retry_ = false;
  answered_ = true;
  if (answer.value().exception == 0) {
    put_values(read, answer.value(), sink);
    poll_.answered();
  } else if (refuses(answer.value().exception)) {
    poll_.refused();
  } else {
    put_bad(poll_.failed(), sink);
    whole_ = false;
  }
  return {};
}

void ModbusDriver::end(Time now, Sink& sink) {
  if (whole_) polled.add();
  mark_missing(*group_, now, sink);
  group_ = nullptr;
}

/// When to be called again. The connection may want to be closed before the next poll.
Time ModbusDriver::rest(Time now) {
  const Time next = schedule_.next();
  return next <= now ? now : std::min(next, link_->rest(now, next));
}

Result<ModbusAnswer> ModbusDriver::ask(const ModbusRequest& request, Time deadline,
                                       const Stop& stop) {
  const std::uint64_t before = link_->discarded.get();
  const Time patience = std::min(deadline, clock_.now() + endpoint_.timeout);
  Result<ModbusAnswer> answer = link_->ask(request, patience, stop);
  discarded.add(link_->discarded.get() - before);
  if (!answer) return answer;
  const std::uint8_t exception = answer.value().exception;
  if (exception == 10 || exception == 11)  // a gateway speaking for a device that does not
    return error(Reason::device_exception, "exception %u, %s", exception,
                 exception_text(exception));
  return answer;
}

void ModbusDriver::put_values(const PlannedRead& read, const ModbusAnswer& answer, Sink& sink) {
  const Time received = clock_.now();
  for (std::uint32_t i = read.first; i < read.first + read.size; ++i) {
    const std::uint32_t index = group_->order[i];
    const std::size_t offset = group_->points[i].address - read.address;
    sink.put(values_[index].decode(read.table, answer.data, offset, first_ + index, received));
  }
}

void ModbusDriver::put_bad(const PlannedRead& read, Sink& sink) const {
  const Time received = clock_.now();
  for (std::uint32_t i = read.first; i < read.first + read.size; ++i)
    sink.put(bad_reading(first_ + group_->order[i], received, Reason::device_exception));
}

void ModbusDriver::mark_missing(Group& group, Time now, Sink& sink) {
  if (holes_.changes() == group.changes && now < group.mark) return;
  const auto missing = [this](const ModbusPoint& point) { return holes_.bad(point); };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(group.points, missing));
  if (sink.room() < count) return;  // with the next poll
  for (std::size_t i = 0; i < group.points.size() && count > 0; ++i)
    if (missing(group.points[i]))
      sink.put(bad_reading(first_ + group.order[i], now, Reason::illegal_address));
  holes.set(holes.get() - group.missing + count);
  group.missing = count;
  group.changes = holes_.changes();
  group.mark = now + heartbeat;
}

}  // namespace fieldweir
