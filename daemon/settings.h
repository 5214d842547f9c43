// Settings: everything that a configuration file says, checked. Composed from the tables of the
// rooms, so that a new driver, filter or uplink needs nothing here. Read while starting; plain
// values afterwards, which everything that is built from them borrows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "buffer/settings.h"
#include "config/fields.h"
#include "core/log.h"
#include "drivers/drivers.h"
#include "pipeline/profile.h"
#include "pipeline/window.h"
#include "transport/broker.h"
#include "uplink/local.h"
#include "uplink/uplinks.h"

namespace fieldweir {

struct GatewaySettings {
  std::string id;  // if not given: derived from /etc/machine-id, without giving that away
  std::vector<std::pair<std::string, std::string>> labels;
  std::optional<Duration> ledger;  // so often it is delivered; not given: never
};

struct LimitSettings {
  std::uint64_t memory = 24u << 20;  // the memory plan must fit
};

struct LogSettings {
  LogLevel level = LogLevel::info;
};

struct Settings {
  /// The row that its section's key selected, and what that row made of it.
  struct Device {
    const DriverKind* kind;
    std::unique_ptr<DeviceSettings> settings;
  };
  struct Uplink {
    const UplinkKind* kind;
    std::unique_ptr<UplinkSettings> settings;
  };

  std::int64_t version = 1;           // of the grammar
  std::vector<std::string> include;   // as written
  std::vector<std::string> included;  // paths of the files that were read for it
  GatewaySettings gateway;
  LimitSettings limits;
  Brokers brokers;
  std::vector<std::pair<std::string, Profile>> profiles;
  std::vector<Device> devices;
  std::vector<WindowSettings> windows;
  BatchSettings batch;
  BufferSettings buffer;
  std::vector<Uplink> uplinks;
  std::optional<LocalSettings> local;
  LogSettings log;
};

const config::Fields<Settings>& settings_fields();

/// Names of the uplinks that are run, in the order of the file.
std::vector<std::string> enabled_uplinks(const Settings& settings);

/// Reads and checks a file, or a text that `name` stands for. Only good for use if there are no
/// mistakes.
Settings load_settings(const std::string& path, config::Mistakes& mistakes);
Settings load_settings_text(const std::string& name, const std::string& text,
                            config::Mistakes& mistakes);

}  // namespace fieldweir
