#include <array>

#include "uplink/mqtt.h"
#include "uplink/topic.h"

namespace fieldweir {
namespace {

bool read_topic(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string topic;
  if (!config::read_text(node, topic, mistakes)) return false;
  static constexpr std::array<std::string_view, 2> known = {"gateway", "lane"};
  if (!is_publish_topic(topic, known)) {
    mistakes.add(node.place,
                 "expected a topic like plant/{gateway}/{lane}, without '+' and '#'; {gateway} and "
                 "{lane} are all there is in braces");
    return false;
  }
  out = std::move(topic);
  return true;
}

bool read_group(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string group;
  if (!config::read_text(node, group, mistakes)) return false;
  if (group.size() > 64 || !is_publish_topic(group, {}) || group.find('/') != group.npos) {
    mistakes.add(node.place, "expected a group like plant-7, one level of a topic");
    return false;
  }
  out = std::move(group);
  return true;
}

bool read_qos(const config::Node& node, std::int64_t& out, config::Mistakes& mistakes) {
  std::int64_t qos = 0;
  if (!config::read_integer(node, {0, 2}, qos, mistakes)) return false;
  if (qos != 1) {
    mistakes.add(node.place, "expected 1: a broker confirms a batch at QoS 1 only");
    return false;
  }
  out = qos;
  return true;
}

const config::Fields<MqttTarget>& target_fields() {
  using config::optional, config::required;
  static const auto fields =
      config::Fields<MqttTarget>("an MQTT uplink")
          .reference("broker", &MqttTarget::broker, required, "the name of one of `brokers`")
          .custom("topic", "topic", &MqttTarget::topic, read_topic, optional,
                  "{gateway} is the gateway's id, {lane} events or telemetry")
          .custom("group", "topic level", &MqttTarget::group, read_group, optional,
                  "of the edge node, with format: sparkplug_b")
          .custom("qos", "1", &MqttTarget::qos, read_qos, optional, "always 1")
          .integer("in_flight", &MqttTarget::in_flight, {1, 100}, optional,
                   "batches sent and not yet confirmed")
          .duration("keep_alive", &MqttTarget::keep_alive, {second, 10 * minute}, optional,
                    "a silent broker is noticed after 2.5 times as long");
  return fields;
}

}  // namespace

const config::Fields<MqttUplinkSettings>& mqtt_fields() {
  static const auto fields = [] {
    config::Fields<MqttUplinkSettings> made("an uplink");
    declare_common_uplink(made, read_any_format);
    made.section("mqtt", &MqttUplinkSettings::mqtt, target_fields(), config::required,
                 "where batches are published");
    return made;
  }();
  return fields;
}

std::unique_ptr<UplinkSettings> read_mqtt(const config::Node& node, config::Mistakes& mistakes) {
  auto settings = std::make_unique<MqttUplinkSettings>();
  if (!mqtt_fields().read(node, *settings, mistakes)) return nullptr;
  const config::Node& target = *node.find("mqtt");
  const std::size_t before = mistakes.count();
  if (settings->format == "sparkplug_b") {
    settings->by_device = true;
    if (settings->mqtt.group.empty())
      mistakes.add(target.place, "format: sparkplug_b needs 'group': the edge node's group");
    if (const config::Node* topic = target.find("topic"))
      mistakes.add(topic->place, "format: sparkplug_b makes its own topics; leave 'topic' out");
  } else if (!settings->mqtt.group.empty()) {
    mistakes.add(target.find("group")->place, "'group' needs 'format: sparkplug_b'");
  }
  return mistakes.count() > before ? nullptr : std::move(settings);
}

}  // namespace fieldweir
