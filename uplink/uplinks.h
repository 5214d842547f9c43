// uplinks: the table of destinations. A new uplink is one source file, one row here, one line in
// CMakeLists.txt and one folder of cases. Immutable; read while the gateway is built.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"
#include "core/latest_values.h"
#include "core/random.h"
#include "core/signal_table.h"
#include "core/text_table.h"
#include "transport/broker.h"
#include "transport/resolver.h"
#include "uplink/uplink.h"

namespace fieldweir {

/// Common to all destinations; each kind derives its own.
struct UplinkSettings {
  virtual ~UplinkSettings() = default;
  std::string name;
  config::Place place;
  bool enabled = true;
  std::string format = "json";
  std::string order = "oldest_first";
  std::vector<std::string> send = {"*"};  // globs over signal names
  bool by_device = false;                 // a message per device instead of one per batch
};

/// What all signals say now; for formats that announce it.
struct LiveValues {
  const SignalTable& signals;
  const TextTable& texts;
  const LatestValues& latest;
};

struct UplinkContext {
  const Clock& clock;
  Resolver& resolver;
  const Brokers& brokers;
  std::string gateway;
  Doorbell& doorbell;  // wakes the delivery worker that will own the uplink
  std::optional<LiveValues> live = {};
};

struct UplinkKind {
  std::string_view key;  // "mqtt", "https"
  std::unique_ptr<UplinkSettings> (*read)(const config::Node& uplink, config::Mistakes& mistakes);
  std::unique_ptr<Uplink> (*make)(const UplinkSettings& settings, const UplinkContext& context);
  const std::vector<config::FieldInfo>& (*fields)();
  std::size_t keeps = 0;  // bytes, an estimate: what it or its library holds beside our messages
};

std::span<const UplinkKind> uplink_kinds();

/// Reads one of `available`; one of `later` is refused with "not available in this version".
bool read_available(const config::Node& node, std::span<const std::string_view> available,
                    std::span<const std::string_view> later, std::string& out,
                    config::Mistakes& mistakes);
/// Of messages that stand by themselves, or of all.
bool read_format(const config::Node& node, std::string& out, config::Mistakes& mistakes);
bool read_any_format(const config::Node& node, std::string& out, config::Mistakes& mistakes);
bool read_order(const config::Node& node, std::string& out, config::Mistakes& mistakes);

template <class S>
void declare_common_uplink(config::Fields<S>& fields,
                           decltype(&read_format) read_its_format = read_format) {
  fields.text("name", &UplinkSettings::name, config::required, "unique; its cursor belongs to it")
      .flag("enabled", &UplinkSettings::enabled, config::optional,
            "false: not run; what it is still owed is given up")
      .custom("format", "json", &UplinkSettings::format, read_its_format, config::optional,
              "of the messages: json | json_flat | influx | senml | cloudevents | sparkplug_b")
      .custom("order", "oldest_first", &UplinkSettings::order, read_order, config::optional,
              "of delivery after an outage")
      .texts("send", &UplinkSettings::send, config::optional,
             "globs over signal names; everything if not given")
      .later({"kafka", "kinesis", "backlog", "batch", "rate_limit"});
}

/// For destinations that keep order per key.
template <class S>
void declare_partitions(config::Fields<S>& fields) {
  fields.template choice<bool>("partition_by", &UplinkSettings::by_device,
                               {{"gateway", false}, {"device", true}}, config::optional,
                               "device: a message per device of a batch, in order per device");
}

}  // namespace fieldweir
