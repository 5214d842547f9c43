#include "daemon/plan.h"

#include <algorithm>
#include <cstdio>

#include "buffer/log.h"
#include "core/latest_values.h"
#include "core/ring.h"
#include "core/text_table.h"
#include "daemon/command_worker.h"
#include "daemon/ledger_readings.h"
#include "daemon/seats.h"
#include "transport/mqtt_client.h"
#include "uplink/delivery.h"
#include "uplink/local_publisher.h"
#include "uplink/sparkplug.h"

namespace fieldweir {
namespace {

// Estimates of what we do not allocate ourselves: what a thread touches of its stack and of
// malloc's arena, and what Paho, curl, TLS and the formats keep. Held against the measured process
// by the bench.
constexpr std::size_t thread_allowance = 96 * 1024;
constexpr std::size_t library_allowance = 2 * 1024 * 1024;

void add_tables(MemoryPlan& plan, const Seats& seats) {
  plan.add("signal table", seats.signals, "signals", SignalTable::bytes_for(1));
  plan.add("latest values", seats.signals, "signals", LatestValues::bytes_for(1));
  plan.add("text table", 1, "table", TextTable::bytes_for(seats.texts));
}

void add_buses(MemoryPlan& plan, const Seats& seats) {
  const MqttClientSettings client;
  for (const Seats::Bus& bus : seats.buses) {
    plan.add("ring of bus " + bus.name, bus.ring, "readings", sizeof(Reading));
    if (bus.kind->key == "mqtt")
      plan.add("inbox of bus " + bus.name, 1, "queue",
               MessageQueue::bytes_for(client.largest_payload, client.inbox));
  }
}

/// Whether anything can be written.
bool add_commands(MemoryPlan& plan, const Settings& settings, const Seats& seats) {
  const auto writes = [&](std::size_t device) {
    const auto signals = settings.devices[device].settings->signals();
    return std::ranges::any_of(signals,
                               [](const SignalSettings* s) { return s->writable() != nullptr; });
  };
  const auto buses =
      static_cast<std::size_t>(std::ranges::count_if(seats.buses, [&](const Seats::Bus& bus) {
        return std::ranges::any_of(bus.devices, writes);
      }));
  if (buses > 0)
    CommandWorker::add_to(plan, buses, settings.local && settings.local->commands ? 2 : 1);
  return buses > 0;
}

/// Signals; results of windows may all be of the same.
std::size_t most_of_a_device(const Seats& seats) {
  std::size_t most = 0, derived = 0;
  for (const Seats::Device& device : seats.devices) most = std::max(most, device.count + 1);
  for (const auto& results : seats.windows) derived += results.size();
  return most + derived;
}

}  // namespace

MemoryPlan memory_plan(const Settings& settings) {
  MemoryPlan plan;
  const Seats seats = assign_seats(settings);
  add_tables(plan, seats);
  add_buses(plan, seats);
  if (plan.total() > settings.limits.memory) return plan;

  SignalTable table(seats.signals);
  define_signals(settings, seats, table);
  Pipeline::add_to(plan, pipeline_plan(settings, seats, table));

  std::size_t uplinks = 0;
  for (const Settings::Uplink& uplink : settings.uplinks) {
    if (!uplink.settings->enabled) continue;
    ++uplinks;
    Delivery::add_to(plan, *uplink.settings, settings.gateway.id,
                     static_cast<std::size_t>(settings.batch.rows));
    if (uplink.settings->format == "sparkplug_b")
      Sparkplug::add_to(plan, uplink.settings->name, most_of_a_device(seats),
                        static_cast<std::size_t>(settings.batch.rows));
    if (uplink.kind->keeps > 0)
      plan.add("uplink " + uplink.settings->name + ": library (estimate)", 1, "uplink",
               uplink.kind->keeps);
  }
  if (settings.gateway.ledger) LedgerReadings::add_to(plan, uplinks);
  Log::plan(settings.batch, settings.buffer, uplinks, seats.signals, plan);
  if (settings.local) LocalPublisher::add_to(plan, *settings.local, seats.signals);
  const bool commands = add_commands(plan, settings, seats);

  // main, pipeline, recorder, resolver, and Paho's two
  const std::size_t threads =
      6 + seats.buses.size() + uplinks + (settings.local ? 1 : 0) + (commands ? 1 : 0);
  plan.add("threads (allowance)", threads, "threads", thread_allowance);
  plan.add("libraries (allowance)", 1, "process", library_allowance);
  return plan;
}

std::string memory_refusal(const Settings& settings) {
  const MemoryPlan plan = memory_plan(settings);
  if (plan.total() <= settings.limits.memory) return {};
  return "the memory plan does not fit limits.memory:\n" + plan_text(plan, settings.limits.memory);
}

std::string plan_text(const MemoryPlan& plan, std::uint64_t limit) {
  std::string text;
  char line[64];
  for (const MemoryPlan::Term& term : plan.terms()) {
    std::snprintf(line, sizeof line, "  %10zu B  ", term.bytes);
    text += line + term.what + ": " + term.formula + "\n";
  }
  std::snprintf(line, sizeof line, "  %10zu B  ", plan.total());
  return text + line + "in all: " + show_mebibytes(plan.total()) + " of " + show_mebibytes(limit) +
         "\n";
}

std::string show_mebibytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

}  // namespace fieldweir
