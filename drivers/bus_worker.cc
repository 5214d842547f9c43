#include "drivers/bus_worker.h"

#include <algorithm>

#include "core/log.h"

namespace fieldweir {
namespace {

constexpr Duration heartbeat = minute;
constexpr Duration look_again = 2 * second;  // for a port of this machine that is not there
constexpr Duration no_room_pause = 100 * millisecond;

}  // namespace

std::string_view to_string(DeviceState state) {
  switch (state) {
    case DeviceState::connecting:
      return "connecting";
    case DeviceState::online:
      return "online";
    case DeviceState::offline:
      return "offline";
  }
  return "";
}

BusWorker::BusWorker(std::string name, const SignalTable& signals, const Clock& clock,
                     const Stop& stop, Ring<Reading>& ring, Doorbell& pipeline, Random random)
    : name_(std::move(name)),
      signals_(signals),
      clock_(clock),
      stop_(stop),
      sink_(ring, account_, pipeline),
      random_(random) {}

void BusWorker::add(std::unique_ptr<Driver> driver, std::string device, SignalId first,
                    std::size_t count, SignalId online) {
  // an empty ring must hold a mark of all signals, or the device could never be marked
  FIELDWEIR_CHECK(sink_.room() > count);
  longest_turn_ += 2 * driver->patience();  // a poll of each, and a write
  devices_.emplace_back(std::move(driver), std::move(device), first, count, online,
                        Backoff(random_.fork()));
}

Time BusWorker::turn(Time now) {
  if (stop_.requested()) return never;
  const bool obeyed = obey_one();
  if (obeyed) now = clock_.now();
  // nothing is due: the doorbell rang, also for a device that waits with a time limit
  const bool rung = !obeyed && std::ranges::all_of(devices_, [now](const Device& device) {
    return device.due > now && device.mark > now;
  });
  for (Device& device : devices_)
    if (device.due == never || (rung && device.open)) serve(device, now);
  const auto first = std::ranges::min_element(devices_, {}, &Device::due);
  if (first != devices_.end() && first->due <= now) serve(*first, now);

  Time next = never;
  for (Device& device : devices_) {
    if (device.mark <= now) mark_bad(device, now);
    device.pace.look(now, device.driver->polled.get());
    next = std::min({next, device.due, device.mark});
  }
  const bool more = commands_ != nullptr && commands_->commands.size() > 0;
  return more ? now : next;
}

/// Whether there was one.
bool BusWorker::obey_one() {
  Command command;
  if (commands_ == nullptr || commands_->commands.pop({&command, 1}) == 0) return false;
  Outcome outcome{command.number, {}, {}};
  const Result<Reading> written = write(command);
  if (written) {
    outcome.read_back = written.value();
    sink_.put(outcome.read_back);  // at once, not with the next poll
    sink_.announce();
  } else {
    outcome.error = written.error();
  }
  FIELDWEIR_CHECK(commands_->outcomes.push(outcome));
  commands_->worker.ring();
  return true;
}

Result<Reading> BusWorker::write(const Command& command) {
  const SignalId signal = command.value.signal;
  const auto owner = std::ranges::find_if(devices_, [signal](const Device& device) {
    return signal - device.first < device.count;  // unsigned: not before `first` either
  });
  FIELDWEIR_CHECK(owner != devices_.end());
  const Time now = clock_.now();
  if (now >= command.expires) return error(Reason::expired, "its time was over before its turn");
  if (!owner->open) return error(Reason::not_connected, "%s is offline", owner->name.c_str());
  // nor may it be sent, or sent again, after its time
  const Time deadline = std::min(now + owner->driver->patience(), command.expires);
  return owner->driver->write(signal - owner->first, command.value, deadline, stop_);
}

void BusWorker::serve(Device& device, Time now) {
  if (const Time quiet = device.driver->quiet_until(); quiet > now) {
    device.due = quiet;
    return;
  }
  const Time deadline = now + device.driver->patience();
  if (!device.open) {
    const Result<> opened = device.driver->open(deadline, stop_);
    device.open = opened.ok();
    device.due = now;
    if (!opened) failed(device, opened.error());
    return;
  }
  device.polls.add();
  const Result<Time> due = device.driver->poll(now, deadline, sink_, stop_);
  if (!due)
    failed(device, due.error());
  else if (device.driver->idle())
    device.due = due.value();
  else
    answered(device, now, due.value());
  sink_.announce();
}

void BusWorker::answered(Device& device, Time started, Time due) {
  const Time now = clock_.now();
  device.due = std::max(due, started);  // not earlier: others on the bus that wait come first
  device.last_good = now;
  device.latency.add(now - started);
  if (device.state == DeviceState::online || sink_.room() == 0) return;
  device.state = DeviceState::online;
  device.mark = never;
  device.backoff.connected(now);
  sink_.put(boolean_reading(device.online, now, true));
  log(LogLevel::info, name_, "%s is online", device.name.c_str());
}

void BusWorker::failed(Device& device, const Error& why) {
  if (device.driver->retry()) {
    device.errors[why.reason].add();
    device.due = clock_.now();
    return;
  }
  const bool opening = !device.open;
  device.driver->close();
  device.open = false;
  if (stop_.requested()) return;  // it was we who ended the call
  const Time now = clock_.now();
  device.due = device.backoff.failed(now);
  if (opening && device.driver->opens_here()) device.due = std::min(device.due, now + look_again);
  device.errors[why.reason].add();
  {
    const std::scoped_lock lock(device.error_mutex);
    device.last_error = why;
    device.last_error_time = now;
  }
  if (device.state == DeviceState::offline) return;
  device.state = DeviceState::offline;
  device.mark = now;
  log(LogLevel::warning, name_, "%s is offline: %.*s", device.name.c_str(),
      static_cast<int>(why.text.size()), why.text.view().data());
}

void BusWorker::mark_bad(Device& device, Time now) {
  if (sink_.room() <= device.count) {
    device.mark = now + no_room_pause;
    return;
  }
  for (SignalId id = device.first; id < device.first + device.count; ++id)
    if (signals_.known(id)) sink_.put(bad_reading(id, now, device.last_error.reason));
  sink_.put(boolean_reading(device.online, now, false));
  sink_.announce();
  device.mark = now + heartbeat;
}

std::vector<DeviceStatus> BusWorker::status() const {
  std::vector<DeviceStatus> all;
  for (const Device& device : devices_) {
    DeviceStatus& status = all.emplace_back();
    status.device = device.name;
    status.state = device.state;
    status.last_good = device.last_good;
    status.polls = device.polls.get();
    status.skipped = device.driver->skipped.get();
    for (std::size_t i = 0; i < device.errors.by_reason.size(); ++i)
      status.errors[i] =
          device.errors.by_reason[i].get() + device.driver->doubted.by_reason[i].get();
    status.discarded = device.driver->discarded.get();
    status.holes = device.driver->holes.get();
    status.requested = device.driver->polls_per_second();
    status.achieved = device.pace.per_second();
    status.p50 = device.latency.percentile(0.50);
    status.p95 = device.latency.percentile(0.95);
    status.p99 = device.latency.percentile(0.99);
    const std::scoped_lock lock(device.error_mutex);
    status.last_error = device.last_error;
    status.last_error_time = device.last_error_time;
  }
  return all;
}

}  // namespace fieldweir
