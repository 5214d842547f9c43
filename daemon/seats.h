// Seats: which signal ids belong to which device and window, which devices share a bus, and how
// large what they share must be. Pure: the memory plan needs the numbers before the gateway is
// built, the gateway needs the same ones to build. Value types.
#pragma once

#include <vector>

#include "core/signal_table.h"
#include "daemon/settings.h"
#include "pipeline/pipeline.h"

namespace fieldweir {

struct Seats {
  struct Device {
    SignalId first;
    std::size_t count;  // signals x instances
    SignalId online;    // "<device>.online": health is a reading like any other
  };
  struct Bus {
    std::string name;  // "modbus_tcp 192.0.2.10:502"
    const DriverKind* kind;
    std::vector<std::size_t> devices;  // indices into Settings::devices
    std::size_t ring;                  // readings
  };
  std::vector<Device> devices;                       // as in Settings::devices
  std::vector<Bus> buses;                            // in order of their first device
  SignalId ledger = 0;                               // first of the ledger's, where delivered
  std::vector<std::vector<Window::Result>> windows;  // as in Settings::windows
  std::size_t signals = 0;
  std::size_t texts = 0;
};

Seats assign_seats(const Settings& settings);

std::vector<const DeviceSettings*> devices_on(const Seats::Bus& bus, const Settings& settings);

/// Fills `table` so that every id is where its seat says.
void define_signals(const Settings& settings, const Seats& seats, SignalTable& table);

/// Which filters and windows which signals go through; the buses are the gateway's to add.
PipelinePlan pipeline_plan(const Settings& settings, const Seats& seats, const SignalTable& table);

}  // namespace fieldweir
