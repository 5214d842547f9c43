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

/// How many batches of the backlog, and how many new ones, in turn while both wait.
struct BacklogShare {
  int backlog = 1;
  int live = 1;
};
struct BacklogSettings {
  BacklogShare share;
  config::Place place;
};

/// In bytes, see rate_limit.h.
struct RateLimitSettings {
  std::optional<std::uint64_t> per_second;
  std::optional<std::uint64_t> per_month;
};

/// Common to all destinations; each kind derives its own.
struct UplinkSettings {
  virtual ~UplinkSettings() = default;
  std::string name;
  config::Place place;
  bool enabled = true;
  std::string format = "json";
  std::string order = "oldest_first";
  BacklogSettings backlog;
  RateLimitSettings rate_limit;
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
const config::Fields<BacklogSettings>& backlog_fields();
const config::Fields<RateLimitSettings>& rate_limit_fields();

template <class S>
void declare_common_uplink(config::Fields<S>& fields,
                           decltype(&read_format) read_its_format = read_format) {
  fields.text("name", &UplinkSettings::name, config::required, "unique; its cursor belongs to it")
      .flag("enabled", &UplinkSettings::enabled, config::optional,
            "false: not run; what it is owed stays, nothing newer is kept for it")
      .custom("format", "json", &UplinkSettings::format, read_its_format, config::optional,
              "of the messages: json | json_flat | influx | senml | cloudevents | sparkplug_b")
      .template choice<std::string>(
          "order", &UplinkSettings::order,
          {{"oldest_first", "oldest_first"}, {"live_first", "live_first"}}, config::optional,
          "after an outage: strictly in order, or new readings at once and the backlog beside them")
      .section("backlog", &UplinkSettings::backlog, backlog_fields(), config::optional,
               "with `order: live_first`")
      .section("rate_limit", &UplinkSettings::rate_limit, rate_limit_fields(), config::optional,
               "for narrow or metered links")
      .texts("send", &UplinkSettings::send, config::optional,
             "globs over signal names; everything if not given")
      .later({"kafka", "kinesis", "batch"});
}

/// For destinations that keep order per key.
template <class S>
void declare_partitions(config::Fields<S>& fields) {
  fields.template choice<bool>("partition_by", &UplinkSettings::by_device,
                               {{"gateway", false}, {"device", true}}, config::optional,
                               "device: a message per device of a batch, in order per device");
}

}  // namespace fieldweir
