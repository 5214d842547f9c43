// local: the settings of the local publisher, which gives programs at the site the newest value of
// every signal over a broker near by. Read while starting.
#pragma once

#include <string>

#include "config/fields.h"

namespace fieldweir {

struct LocalMqttSettings {
  config::Reference broker;
  std::string prefix = "fieldweir/{gateway}";  // first levels of every topic
  bool retain = true;                          // a late subscriber is told at once
};

struct LocalSettings {
  LocalMqttSettings mqtt;
  config::Place place;
};

/// The section `local`. `commands` is refused: not available in this version.
const config::Fields<LocalSettings>& local_fields();

}  // namespace fieldweir
