#include "uplink/local.h"

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

}  // namespace

const config::Fields<LocalSettings>& local_fields() {
  static const config::Fields<LocalSettings> fields =
      config::Fields<LocalSettings>("local")
          .section("mqtt", &LocalSettings::mqtt, local_mqtt_fields(), config::required,
                   "where the newest values are published")
          .later({"commands"});
  return fields;
}

}  // namespace fieldweir
