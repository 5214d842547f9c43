#include "daemon/check.h"

#include <ostream>

#include "daemon/commands.h"
#include "daemon/plan.h"
#include "daemon/seats.h"

namespace fieldweir {
namespace {

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::size_t signals_of(const Settings& settings) {
  std::size_t count = 0;
  for (const Settings::Device& device : settings.devices)
    count += device.settings->signals().size() * device.settings->instances();
  return count;
}

/// Only where there may be more than one.
std::string files_of(const Settings& settings) {
  return settings.include.empty() ? "" : counted(1 + settings.included.size(), "file") + ", ";
}

void explain_files(const std::string& path, const Settings& settings, std::ostream& out) {
  if (settings.include.empty()) return;
  out << "files:\n  " << path << "\n";
  for (const std::string& file : settings.included) out << "  " << file << "\n";
}

void explain_buses(const Settings& settings, std::ostream& out) {
  out << "buses, one thread each:\n";
  for (const Seats::Bus& bus : assign_seats(settings).buses) {
    out << "  " << bus.name << ":";
    for (const std::size_t i : bus.devices) {
      const DeviceSettings& device = *settings.devices[i].settings;
      out << " " << device.name << " (" << counted(device.signals().size(), "signal");
      if (device.instances() > 1) out << ", at most " << device.instances() << " times";
      out << ")";
    }
    out << "\n";
    if (bus.kind->explain_bus != nullptr) out << bus.kind->explain_bus(devices_on(bus, settings));
  }
}

void warn(const Settings& settings, std::ostream& out) {
  for (const Seats::Bus& bus : assign_seats(settings).buses) {
    if (bus.kind->warn_of_bus == nullptr) continue;
    const std::string warning = bus.kind->warn_of_bus(devices_on(bus, settings));
    if (!warning.empty()) out << "warning: " << bus.name << ": " << warning << "\n";
  }
}

void explain_loss(const Settings& settings, std::ostream& out) {
  out << "a power cut loses at most the last "
      << config::show_duration(loss_window(settings.batch, settings.buffer))
      << " of undelivered readings (batch.every " << config::show_duration(settings.batch.every)
      << " + buffer.persist_after " << config::show_duration(settings.buffer.persist_after)
      << " + buffer.commit.every " << config::show_duration(settings.buffer.commit.every)
      << "), the time of one commit, and open windows\n";
}

}  // namespace

int check(const std::string& path, bool explain, std::ostream& out, std::ostream& err) {
  config::Mistakes mistakes;
  const Settings settings = load_settings(path, mistakes);
  if (!mistakes.empty()) {
    err << mistakes.text() << path << ": " << counted(mistakes.count(), "mistake") << "\n";
    return exit_configuration;
  }
  if (const std::string refusal = memory_refusal(settings); !refusal.empty()) {
    err << path << ": " << refusal;
    return exit_configuration;
  }
  const MemoryPlan plan = memory_plan(settings);
  out << path << ": ok, " << files_of(settings) << counted(settings.devices.size(), "device")
      << ", " << counted(signals_of(settings), "signal") << ", "
      << counted(settings.uplinks.size(), "uplink") << ", memory plan "
      << show_mebibytes(plan.total()) << " of " << show_mebibytes(settings.limits.memory) << "\n";
  warn(settings, out);
  if (!explain) return exit_ok;
  explain_files(path, settings, out);
  explain_buses(settings, out);
  explain_loss(settings, out);
  out << "memory plan:\n" << plan_text(plan, settings.limits.memory);
  return exit_ok;
}

}  // namespace fieldweir
