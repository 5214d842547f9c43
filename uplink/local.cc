#include "uplink/local.h"

#include <algorithm>
#include <array>

#include "uplink/topic.h"

namespace fieldweir {
namespace {

bool read_prefix(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string prefix;
  if (!config::read_text(node, prefix, mistakes)) return false;
  static constexpr std::array<std::string_view, 1> known = {"gateway"};
  if (!is_publish_topic(prefix, known)) {
    mistakes.add(node.place,
                 "expected levels like site/{gateway}: at most 128 bytes, no '+' or '#', no '/' at "
                 "either end; {gateway} is all there is in braces");
    return false;
  }
  out = std::move(prefix);
  return true;
}

const config::Fields<LocalMqttSettings>& local_mqtt_fields() {
  static const config::Fields<LocalMqttSettings> fields =
      config::Fields<LocalMqttSettings>("local mqtt")
          .reference("broker", &LocalMqttSettings::broker, config::required,
                     "the name of one of `brokers`")
          .custom("prefix", "topic levels", &LocalMqttSettings::prefix, read_prefix,
                  config::optional,
                  "first levels of every topic; {gateway} stands for the gateway's id")
          .flag("retain", &LocalMqttSettings::retain, config::optional,
                "whether the broker keeps the last value for late subscribers");
  return fields;
}

constexpr std::size_t most_roles = 8;

bool is_role(std::string_view role) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !role.empty() && role.size() <= 32 && std::ranges::all_of(role, fits);
}

bool read_roles(const config::Node& node, std::vector<std::string>& out,
                config::Mistakes& mistakes) {
  std::vector<std::string> roles;
  if (!config::read_texts(node, roles, mistakes)) return false;
  if (roles.empty() || roles.size() > most_roles || !std::ranges::all_of(roles, is_role)) {
    mistakes.add(node.place,
                 "expected 1 to 8 roles of letters, digits, _ and -, at most 32 bytes each: they "
                 "are levels of topics, like [operator]");
    return false;
  }
  std::ranges::sort(roles);
  const auto twice = std::ranges::unique(roles);
  roles.erase(twice.begin(), twice.end());
  out = std::move(roles);
  return true;
}

const config::Fields<LocalCommandSettings>& local_command_fields() {
  static const config::Fields<LocalCommandSettings> fields =
      config::Fields<LocalCommandSettings>("local commands")
          .texts("signals", &LocalCommandSettings::signals, config::required,
                 "full names of signals that have a `write:` section")
          .custom(
              "roles", "list of roles", &LocalCommandSettings::roles, read_roles, config::optional,
              "commands come on <prefix>/command/<role>/<signal>; the broker's access list says "
              "who may publish there");
  return fields;
}

}  // namespace

const config::Fields<LocalSettings>& local_fields() {
  static const config::Fields<LocalSettings> fields =
      config::Fields<LocalSettings>("local")
          .section("mqtt", &LocalSettings::mqtt, local_mqtt_fields(), config::required,
                   "where the newest values are published")
          .section("commands", &LocalSettings::commands, local_command_fields(), config::optional,
                   "which signals may be written over this broker, and in which roles");
  return fields;
}

}  // namespace fieldweir
