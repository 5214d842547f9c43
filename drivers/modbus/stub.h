// stub: what a scan found, as a configuration to start from. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "drivers/modbus/survey.h"

namespace fieldweir {

struct ScannedTable {
  ModbusTable table;
  Survey survey;
};

struct ScannedDevice {
  std::string name;      // "unit_3"
  std::string endpoint;  // `modbus_tcp: {host: "192.0.2.10", unit: 3}`
  std::vector<std::pair<std::string, std::string>> identity;  // {"vendor name", "ACME"}
  std::vector<ScannedTable> tables;
};

/// A whole file that `check` accepts: what the device says of itself and what can be read as
/// comments, the first registers of each range as signals. Without anything readable only comments.
std::string configuration_stub(const ScannedDevice& device);

}  // namespace fieldweir
