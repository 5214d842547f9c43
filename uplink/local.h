// local: the settings of the local publisher, which gives programs at the site the newest value of
// every signal over a broker near by. Read while starting.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/fields.h"

namespace fieldweir {

struct LocalMqttSettings {
  config::Reference broker;
  std::string prefix = "fieldweir/{gateway}";  // first levels of every topic
  bool retain = true;                          // a late subscriber is told at once
};

/// Who may write over the broker. Without the section: nobody.
struct LocalCommandSettings {
  std::vector<std::string> signals;               // full names
  std::vector<std::string> roles = {"operator"};  // levels of topics, for the broker's access lists
};

struct LocalSettings {
  LocalMqttSettings mqtt;
  std::optional<LocalCommandSettings> commands;
  config::Place place;
};

/// The section `local`. That the signals may be written is checked with all other names.
const config::Fields<LocalSettings>& local_fields();

}  // namespace fieldweir
