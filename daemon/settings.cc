#include "daemon/settings.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "config/include.h"
#include "config/load.h"
#include "config/template.h"
#include "daemon/machine_id.h"
#include "daemon/names.h"
#include "daemon/seats.h"

namespace fieldweir {
namespace {

using config::Fields;
using config::Mistakes;
using config::Node;
using config::optional;
using config::required;

bool read_version(const Node& node, std::int64_t& out, Mistakes& mistakes) {
  if (!config::read_integer(node, {INT64_MIN, INT64_MAX}, out, mistakes)) return false;
  if (out == 1) return true;
  mistakes.add(node.place,
               "version " + std::to_string(out) + " is not available in this version; expected 1");
  return false;
}

bool read_labels(const Node& node, std::vector<std::pair<std::string, std::string>>& out,
                 Mistakes& mistakes) {
  if (!config::expect_map(node, mistakes)) return false;
  bool good = true;
  for (const Node::Entry& entry : node.entries)
    good = config::read_text(entry.value, out.emplace_back(entry.key, "").second, mistakes) && good;
  return good;
}

bool read_brokers(const Node& node, Brokers& out, Mistakes& mistakes) {
  if (!config::expect_map(node, mistakes)) return false;
  bool good = true;
  for (const Node::Entry& entry : node.entries) {
    BrokerSettings& broker = out.emplace_back(entry.key, BrokerSettings()).second;
    const bool read = broker_fields().read(entry.value, broker, mistakes);
    if (read) check_broker(broker, mistakes);
    good = good && read;
  }
  return good;
}

bool read_profiles(const Node& node, std::vector<std::pair<std::string, Profile>>& out,
                   Mistakes& mistakes) {
  if (!config::expect_map(node, mistakes)) return false;
  bool good = true;
  for (const Node::Entry& entry : node.entries)
    good =
        read_profile(entry.value, out.emplace_back(entry.key, Profile()).second, mistakes) && good;
  return good;
}

/// What the messages about choosing a row of a table say.
struct Words {
  std::string what;                   // "a device"
  std::vector<std::string> optional;  // rows of the grammar that may be left out of a build
};

template <class Kind>
const Kind* refuse_without_kind(const Node& node, std::span<const Kind> kinds, const Words& words,
                                Mistakes& mistakes) {
  std::vector<std::string> keys;
  std::string choices;
  for (const Kind& kind : kinds) {
    keys.emplace_back(kind.key);
    if (std::ranges::find(words.optional, keys.back()) == words.optional.end())
      choices += (choices.empty() ? "" : ", ") + keys.back();
  }
  for (const std::string& key : words.optional) choices += ", " + key;
  for (const Node::Entry& entry : node.entries) {
    if (std::ranges::find(words.optional, entry.key) != words.optional.end()) {
      mistakes.add(entry.key_place, "'" + entry.key + "' is not available in this build");
      return nullptr;
    }
    if (const std::string hint = config::did_you_mean(entry.key, keys); !hint.empty()) {
      mistakes.add(entry.key_place, "unknown key '" + entry.key + "' in " + words.what + hint);
      return nullptr;
    }
  }
  mistakes.add(node.place, words.what + " needs one of " + choices);
  return nullptr;
}

/// The row whose key stands in the section; exactly one must.
template <class Kind>
const Kind* select_kind(const Node& node, std::span<const Kind> kinds, const Words& words,
                        Mistakes& mistakes) {
  if (node.mistaken) return nullptr;
  if (node.type != Node::Type::map) {
    config::expected(words.what, node, mistakes);
    return nullptr;
  }
  const Kind* selected = nullptr;
  for (const Node::Entry& entry : node.entries) {
    const auto kind = std::ranges::find(kinds, std::string_view(entry.key), &Kind::key);
    if (kind == kinds.end()) continue;
    if (selected != nullptr) {
      mistakes.add(entry.key_place, "'" + entry.key + "' beside '" + std::string(selected->key) +
                                        "': " + words.what + " has only one of them");
      return nullptr;
    }
    selected = &*kind;
  }
  return selected != nullptr ? selected : refuse_without_kind(node, kinds, words, mistakes);
}

bool read_devices(const Node& node, std::vector<Settings::Device>& out, Mistakes& mistakes) {
  static const Words words{"a device", {}};
  if (!config::expect_list(node, mistakes)) return false;
  if (node.items.empty())
    mistakes.add(node.place,
                 "an empty list; a gateway needs a device, `simulate` needs no hardware");
  for (const Node& item : node.items) {
    const DriverKind* kind = select_kind(item, driver_kinds(), words, mistakes);
    if (kind == nullptr) continue;
    if (auto settings = kind->read(item, mistakes)) out.push_back({kind, std::move(settings)});
  }
  return !node.items.empty() && out.size() == node.items.size();
}

bool read_uplinks(const Node& node, std::vector<Settings::Uplink>& out, Mistakes& mistakes) {
  static const Words words{"an uplink", {"kafka", "kinesis"}};
  if (!config::expect_list(node, mistakes)) return false;
  for (const Node& item : node.items) {
    const UplinkKind* kind = select_kind(item, uplink_kinds(), words, mistakes);
    if (kind == nullptr) continue;
    auto settings = kind->read(item, mistakes);
    if (settings == nullptr) continue;
    if (item.find("backlog") != nullptr && settings->order != "live_first")
      mistakes.add(settings->backlog.place, "'backlog' needs 'order: live_first'");
    out.push_back({kind, std::move(settings)});
  }
  return out.size() == node.items.size();
}

const Fields<GatewaySettings>& gateway_fields() {
  static const Fields<GatewaySettings> fields =
      Fields<GatewaySettings>("gateway")
          .text("id", &GatewaySettings::id, optional,
                "names the gateway to all destinations; if not given: derived from the machine id")
          .custom("labels", "map of texts", &GatewaySettings::labels, read_labels, optional,
                  "shown with the status")
          .duration("ledger", &GatewaySettings::ledger, {second, hour}, optional,
                    "so often the ledger is delivered too, as signals gateway.*; not given: never");
  return fields;
}

const Fields<LimitSettings>& limit_fields() {
  static const Fields<LimitSettings> fields = Fields<LimitSettings>("limits").size(
      "memory", &LimitSettings::memory, {1u << 20, 1u << 30}, optional,
      "the memory plan must fit, else the gateway does not start");
  return fields;
}

const Fields<LogSettings>& log_fields() {
  static const Fields<LogSettings> fields =
      Fields<LogSettings>("log").choice<LogLevel>("level", &LogSettings::level,
                                                  {{"debug", LogLevel::debug},
                                                   {"info", LogLevel::info},
                                                   {"warning", LogLevel::warning},
                                                   {"error", LogLevel::error}},
                                                  optional, "less important lines are not written");
  return fields;
}

void check_buses(const Settings& settings, Mistakes& mistakes) {
  for (const Seats::Bus& bus : assign_seats(settings).buses)
    if (bus.kind->check_bus != nullptr) bus.kind->check_bus(devices_on(bus, settings), mistakes);
}

/// What several sections have to say together.
void check_whole(const Node& root, Settings& settings, Mistakes& mistakes) {
  check_names(root, mistakes);
  check_buses(settings, mistakes);
  if (root.find("uplinks") == nullptr && root.find("local") == nullptr)
    mistakes.add(
        root.place,
        "neither 'uplinks' nor 'local': readings would go nowhere; `uplinks: []` if that is "
        "meant");
  const Node* gateway = root.find("gateway");
  if (gateway != nullptr && gateway->find("id") != nullptr) return;
  settings.gateway.id = id_of_machine("/etc/machine-id");
  if (settings.gateway.id.empty())
    mistakes.add(root.place, "gateway needs 'id': there is no /etc/machine-id to derive one from");
}

/// Templates of the site beside its configuration, then those that came with the program.
void complete_devices(Node& root, const std::string& path, Mistakes& mistakes) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  std::vector<std::string> own = {"name", "template"};
  for (const DriverKind& kind : driver_kinds()) own.emplace_back(kind.key);
  config::Templates templates(
      {fs::path(path).parent_path() / "templates",
       (program.parent_path() / "../share/fieldweir/templates").lexically_normal()},
      own);
  for (Node::Entry& entry : root.entries)
    if (entry.key == "devices")
      for (Node& device : entry.value.items) templates.complete(device, mistakes);
}

Settings read_settings(Node root, const std::string& path, Mistakes& mistakes) {
  Settings settings;
  // a file that is no YAML has no further mistakes to find
  if (root.type == Node::Type::null && !mistakes.empty()) return settings;
  static constexpr std::array<std::string_view, 2> named = {"brokers", "profiles"};
  if (!config::include_files(root, path, named, settings.included, mistakes)) return settings;
  complete_devices(root, path, mistakes);
  settings_fields().read(root, settings, mistakes);
  if (root.type == Node::Type::map) check_whole(root, settings, mistakes);
  return settings;
}

}  // namespace

const Fields<Settings>& settings_fields() {
  static const Fields<Settings> fields =
      Fields<Settings>("the configuration")
          .custom("version", "1", &Settings::version, read_version, required,
                  "of this grammar; the only one is 1", R"({"const":1})")
          .texts("include", &Settings::include, optional,
                 "files whose sections belong here too, like conf.d/*.yaml; relative to this file")
          .section("gateway", &Settings::gateway, gateway_fields(), optional, "who this is")
          .section("limits", &Settings::limits, limit_fields(), optional, "what it may use")
          .custom("brokers", "named brokers", &Settings::brokers, read_brokers, optional,
                  "every MQTT broker, named once")
          .custom("profiles", "named lists of filters", &Settings::profiles, read_profiles,
                  optional, "chains of filters that signals name")
          .custom("devices", "list of devices", &Settings::devices, read_devices, required,
                  "what to read; `simulate` needs no hardware")
          .list("windows", &Settings::windows, window_fields(), optional, "aggregates over time")
          .section("batch", &Settings::batch, batch_fields(), optional, "what is sent as one")
          .section("buffer", &Settings::buffer, buffer_fields(), optional, "the journal")
          .custom("uplinks", "list of uplinks", &Settings::uplinks, read_uplinks, optional,
                  "where readings are delivered to")
          .section("local", &Settings::local, local_fields(), optional,
                   "newest values for programs at the site")
          .section("log", &Settings::log, log_fields(), optional, "what is logged")
          .later({"derived", "detectors", "events", "dashboard", "metrics"});
  return fields;
}

std::vector<std::string> enabled_uplinks(const Settings& settings) {
  std::vector<std::string> names;
  for (const Settings::Uplink& uplink : settings.uplinks)
    if (uplink.settings->enabled) names.push_back(uplink.settings->name);
  return names;
}

Settings load_settings(const std::string& path, Mistakes& mistakes) {
  return read_settings(config::load_file(path, mistakes), path, mistakes);
}

Settings load_settings_text(const std::string& name, const std::string& text, Mistakes& mistakes) {
  return read_settings(config::load_text(name, text, mistakes), name, mistakes);
}

}  // namespace fieldweir
