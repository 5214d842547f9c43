#include "daemon/gateway.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "core/check.h"

namespace fieldweir {
namespace {

constexpr Duration overrun = 30 * second;

void add_thread(std::vector<std::unique_ptr<WorkerThread>>& threads, Worker& worker,
                const Clock& clock) {
  threads.push_back(std::make_unique<WorkerThread>(worker, clock));
}

void wait_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

// Whether all of them ended before `deadline`. Those that did are gone.
bool end_threads(std::vector<std::unique_ptr<WorkerThread>>& threads, const Clock& clock,
                 Time deadline) {
  for (const auto& thread : threads) thread->request_stop();
  while (true) {
    std::erase_if(threads, [](const auto& thread) { return thread->ended(); });
    if (threads.empty()) return true;
    if (clock.now() >= deadline) return false;
    wait_a_little();
  }
}

}  // namespace

Gateway::Gateway(const Settings& settings, const Clock& clock, Random random, const char* vfs)
    : settings_(settings),
      clock_(clock),
      started_(clock.now()),
      seats_(assign_seats(settings)),
      signals_(seats_.signals),
      texts_(seats_.texts),
      latest_(seats_.signals),
      resolver_(clock) {
  define_signals(settings, seats_, signals_);
  build_log(random, vfs);
  build_pipeline();
  build_buses(random);
  build_commands();
  build_uplinks(random);
}

Gateway::~Gateway() {
  field_stop_.request();
  far_stop_.request();
  // a thread that is waited for must not wait for one that is not yet told
  for (Threads* threads :
       {&bus_threads_, &commands_thread_, &pipeline_thread_, &far_threads_, &recorder_thread_})
    for (const auto& thread : *threads) thread->request_stop();
}

void Gateway::build_log(Random& random, const char* vfs) {
  log_ = std::make_unique<Log>(settings_.batch, settings_.buffer, enabled_uplinks(settings_),
                               LogContext{signals_, texts_, clock_, random.fork(), vfs});
}

void Gateway::build_pipeline() {
  pipeline_ = std::make_unique<Pipeline>(pipeline_plan(settings_, seats_, signals_), latest_,
                                         log_->output());
  pipeline_->add_clock(clock_);
  log_->ledger().watch(pipeline_->account());
  if (!settings_.gateway.ledger) return;
  ledger_readings_ = std::make_unique<LedgerReadings>(*log_, enabled_uplinks(settings_).size(),
                                                      seats_.ledger, *settings_.gateway.ledger);
  pipeline_->add_own(*ledger_readings_);
}

void Gateway::build_buses(Random& random) {
  for (const Seats::Bus& seat : seats_.buses) {
    Bus& bus = buses_.emplace_back();
    bus.ring = std::make_unique<Ring<Reading>>(seat.ring);
    bus.worker = std::make_unique<BusWorker>("bus " + seat.name, signals_, clock_, field_stop_,
                                             *bus.ring, pipeline_->doorbell(), random.fork());
    std::vector<DeviceSeat> devices;
    for (const std::size_t i : seat.devices)
      devices.push_back({*settings_.devices[i].settings, seats_.devices[i].first});
    auto drivers =
        seat.kind->make(devices, {signals_, texts_, clock_, resolver_, settings_.brokers,
                                  settings_.gateway.id, bus.worker->doorbell(), random.fork()});
    FIELDWEIR_CHECK(drivers.size() == devices.size());
    for (std::size_t i = 0; i < drivers.size(); ++i) {
      const Seats::Device& device = seats_.devices[seat.devices[i]];
      bus.worker->add(std::move(drivers[i]), devices[i].settings.name, device.first, device.count,
                      device.online);
    }
    pipeline_->add_bus({*bus.ring, bus.worker->account()});
    log_->ledger().watch(bus.worker->account());
  }
}

/// Only where something can be written.
void Gateway::build_commands() {
  for (std::size_t i = 0; i < buses_.size(); ++i) {
    bool obeys = false;
    for (const std::size_t d : seats_.buses[i].devices) {
      const DeviceSettings& device = *settings_.devices[d].settings;
      const auto signals = device.signals();
      for (std::size_t s = 0; s < signals.size(); ++s) {
        const WriteLimits* limits = signals[s]->writable();
        if (limits == nullptr) continue;
        if (commands_ == nullptr)
          commands_ = std::make_unique<CommandWorker>(signals_, texts_, clock_,
                                                      audit_path(settings_.buffer.path));
        if (!std::exchange(obeys, true))
          buses_[i].worker->obey(commands_->add_bus(buses_[i].worker->doorbell()));
        const auto id = static_cast<SignalId>(seats_.devices[d].first + s);
        commands_->add_signal(id, *limits, remote(signals_[id].name));
      }
    }
  }
  if (commands_ == nullptr) return;
  command_line_ = &commands_->add_asker();
  if (settings_.local && settings_.local->commands) local_commands_ = &commands_->add_asker();
}

/// Whether it may be written over local MQTT.
bool Gateway::remote(std::string_view signal) const {
  if (!settings_.local || !settings_.local->commands) return false;
  return std::ranges::find(settings_.local->commands->signals, signal) !=
         settings_.local->commands->signals.end();
}

void Gateway::build_uplinks(Random& random) {
  for (const Settings::Uplink& uplink : settings_.uplinks) {
    if (!uplink.settings->enabled) continue;
    const std::size_t index = deliveries_.size();
    const auto make = [&](Doorbell& bell) {
      return uplink.kind->make(*uplink.settings,
                               {clock_, resolver_, settings_.brokers, settings_.gateway.id, bell,
                                LiveValues{signals_, texts_, latest_}});
    };
    deliveries_.push_back(std::make_unique<Delivery>(
        *uplink.settings, settings_.gateway.id, static_cast<std::size_t>(settings_.batch.rows),
        make, log_->reader(index), clock_, far_stop_, random.fork()));
    log_->ring_when_closed(deliveries_.back()->doorbell());
  }
  if (settings_.local)
    local_ = std::make_unique<LocalPublisher>(
        *settings_.local,
        LocalContext{signals_, texts_, latest_, clock_, far_stop_, resolver_, settings_.brokers,
                     settings_.gateway.id, random.fork(), local_commands_});
}

std::vector<Worker*> Gateway::workers() {
  std::vector<Worker*> all = {&resolver_};
  for (const Bus& bus : buses_) all.push_back(bus.worker.get());
  if (commands_) all.push_back(commands_.get());
  all.push_back(pipeline_.get());
  all.push_back(&log_->recorder());
  for (const auto& delivery : deliveries_) all.push_back(delivery.get());
  if (local_) all.push_back(local_.get());
  return all;
}

void Gateway::start() {
  add_thread(recorder_thread_, log_->recorder(), clock_);
  add_thread(pipeline_thread_, *pipeline_, clock_);
  if (commands_) add_thread(commands_thread_, *commands_, clock_);
  for (const Bus& bus : buses_) add_thread(bus_threads_, *bus.worker, clock_);
  for (const auto& delivery : deliveries_) add_thread(far_threads_, *delivery, clock_);
  if (local_) add_thread(far_threads_, *local_, clock_);
  add_thread(far_threads_, resolver_, clock_);
}

Result<> Gateway::stop(Duration patience) {
  const Time deadline = clock_.now() + patience;
  field_stop_.request();
  end_threads(bus_threads_, clock_, deadline - patience * 3 / 4);
  if (end_threads(commands_thread_, clock_, deadline - patience * 5 / 8) && commands_)
    commands_->finish(clock_.now());
  if (!end_threads(pipeline_thread_, clock_, deadline - patience / 2))
    return error(Reason::timeout, "the pipeline did not end in time");
  finish_pipeline();

  // what the far side can still take need not be written to the card
  while (owes_connected_uplinks() && clock_.now() < deadline - patience / 4) wait_a_little();
  far_stop_.request();
  end_threads(far_threads_, clock_, deadline - patience / 8);
  if (!end_threads(recorder_thread_, clock_, deadline))
    return error(Reason::timeout, "the disk did not answer in time");
  return finish_log();
}

void Gateway::finish_pipeline() { pipeline_->finish(clock_.now()); }
Result<> Gateway::finish_log() { return log_->stop(clock_.now()); }

bool Gateway::owes_connected_uplinks() const {
  for (std::size_t i = 0; i < deliveries_.size(); ++i)
    if (deliveries_[i]->status().state == DeliveryState::connected &&
        log_->uplink_totals(i).queued > 0)
      return true;
  return false;
}

const Worker* Gateway::wedged() const {
  const Time now = clock_.now();
  for (const Threads* threads :
       {&bus_threads_, &commands_thread_, &pipeline_thread_, &far_threads_, &recorder_thread_})
    for (const auto& thread : *threads) {
      const Time end = thread->busy_until();
      if (end != never && now > end + overrun) return &thread->worker();
    }
  return nullptr;
}

}  // namespace fieldweir
