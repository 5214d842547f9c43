// uplinks: the table of destinations. A new uplink is one source file, one row here, one line in
// CMakeLists.txt and one folder of cases. Immutable; read while the gateway is built.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"
#include "core/random.h"
#include "transport/broker.h"
#include "transport/resolver.h"
#include "uplink/uplink.h"

namespace fieldweir {

/// Common to all destinations; each kind derives its own. Name, format, send, compress ... .
struct UplinkSettings {
  virtual ~UplinkSettings() = default;
  std::string name;
  config::Place place;
  bool enabled = true;
  std::vector<std::string> send = {"*"};  // globs over signal names
};

struct UplinkContext {
  const Clock& clock;
  Resolver& resolver;
  const Brokers& brokers;
  std::string gateway;
  Doorbell& doorbell;  // wakes the delivery worker that will own the uplink
};

struct UplinkKind {
  std::string_view key;  // "mqtt", "https"
  std::unique_ptr<UplinkSettings> (*read)(const config::Node& uplink, config::Mistakes& mistakes);
  std::unique_ptr<Uplink> (*make)(const UplinkSettings& settings, const UplinkContext& context);
  const std::vector<config::FieldInfo>& (*fields)();
};

std::span<const UplinkKind> uplink_kinds();

}  // namespace fieldweir
