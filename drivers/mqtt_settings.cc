#include "drivers/mqtt_settings.h"

#include "core/signal_table.h"
#include "drivers/json_members.h"

namespace fieldweir {
namespace {

using config::Fields;
using config::Mistakes;
using config::Node;

bool read_topic(const Node& node, TopicPattern& out, Mistakes& mistakes) {
  std::string text;
  if (!config::read_text(node, text, mistakes)) return false;
  const auto topic = parse_topic(text);
  if (!topic) {
    mistakes.add(
        node.place,
        "expected a topic like plant/boiler/state, with at most one {placeholder} that is a "
        "whole level; '+' and '#' are not for users");
    return false;
  }
  out = *topic;
  return true;
}

bool read_pointer(const Node& node, std::optional<std::string>& out, Mistakes& mistakes) {
  std::string text;
  if (!config::read_text(node, text, mistakes)) return false;
  if (!JsonMembers::pointer_is_written_well(text)) {
    mistakes.add(node.place, "expected a JSON pointer like /temperature or /sensors/0/value");
    return false;
  }
  out = std::move(text);
  return true;
}

const Fields<MqttSignal>& signal_fields() {
  static const auto fields = [] {
    Fields<MqttSignal> made("an MQTT signal");
    declare_common_signal(made);
    made.custom("pointer", "JSON pointer", &MqttSignal::pointer, read_pointer, config::optional,
                "where the value is in a JSON payload; without it the payload is the value")
        .custom("time", "JSON pointer", &MqttSignal::time, read_pointer, config::optional,
                "where the source's time is: ISO 8601 with a zone, or s or ms since 1970; without "
                "it the time is that of the reception")
        .choice<Kind>("type", &MqttSignal::type,
                      {{"float64", Kind::float64},
                       {"int64", Kind::int64},
                       {"uint64", Kind::uint64},
                       {"bool", Kind::boolean},
                       {"string", Kind::text}},
                      config::optional, "of the value; another one makes a bad reading")
        .later({"enum", "write", "scale", "offset"});
    return made;
  }();
  return fields;
}

const Fields<MqttDevice>& device_fields() {
  static const auto subscription =
      Fields<MqttSubscription>("mqtt")
          .reference("broker", &MqttSubscription::broker, config::required,
                     "the name of one of `brokers`")
          .custom("topic", "topic with at most one {placeholder}", &MqttSubscription::topic,
                  read_topic, config::required,
                  "{placeholder} stands for one level and is an instance")
          .integer("qos", &MqttSubscription::qos, {0, 1}, config::optional, "of the subscription")
          .duration("stale_after", &MqttSubscription::stale_after, {0, 365 * day}, config::optional,
                    "without a value for so long a signal is bad; 0 is never");
  static const auto fields = [] {
    Fields<MqttDevice> made("an MQTT device");
    declare_common_device(made);
    made.section("mqtt", &MqttDevice::mqtt, subscription, config::required, "selects this driver")
        .list("signals", &MqttDevice::values, signal_fields(), config::required,
              "what its messages carry")
        .integer(
            "max_instances", &MqttDevice::max_instances, {1, 10'000}, config::optional,
            "how many topics a placeholder may stand for, 32 if not given; memory is reserved");
    return made;
  }();
  return fields;
}

/// The placeholder must tell instances apart, and nothing else may look like one.
void check_name(const MqttDevice& device, const MqttSignal& signal, Mistakes& mistakes) {
  const std::string& placeholder = device.mqtt.topic.placeholder;
  std::string rest = signal.name;
  if (!placeholder.empty()) {
    const auto at = rest.find(placeholder);
    if (at == std::string::npos) {
      mistakes.add(signal.place, "the name must contain " + placeholder + ", as the topic does");
      return;
    }
    rest.erase(at, placeholder.size());
  }
  if (rest.find_first_of("{}") != std::string::npos)
    mistakes.add(signal.place, placeholder.empty() ? "the topic has no placeholder for this name"
                                                   : "the name may have " + placeholder + " once");
  if (device.name.size() + 1 + rest.size() > SignalName::capacity())
    mistakes.add(signal.place, "the full name, with the device's, is longer than 64 bytes");
}

}  // namespace

std::size_t MqttDevice::instances() const {
  if (mqtt.topic.placeholder.empty()) return 1;
  return static_cast<std::size_t>(max_instances.value_or(32));
}

std::vector<const SignalSettings*> MqttDevice::signals() const {
  std::vector<const SignalSettings*> all;
  for (const MqttSignal& value : values) all.push_back(&value);
  return all;
}

std::unique_ptr<DeviceSettings> read_mqtt_device(const Node& node, Mistakes& mistakes) {
  auto device = std::make_unique<MqttDevice>();
  if (!device_fields().read(node, *device, mistakes)) return nullptr;
  const std::size_t before = mistakes.count();
  for (const MqttSignal& value : device->values) {
    check_name(*device, value, mistakes);
    if (value.time && !value.pointer)
      mistakes.add(value.place, "'time' needs 'pointer': a payload that is the value has no time");
  }
  if (device->values.empty())
    mistakes.add(device->place, "an MQTT device without signals does nothing");
  if (device->mqtt.topic.placeholder.empty() && device->max_instances)
    mistakes.add(device->place, "'max_instances' is for topics with a {placeholder}");
  return mistakes.count() == before ? std::move(device) : nullptr;
}

const std::vector<config::FieldInfo>& mqtt_device_fields() { return device_fields().infos(); }

}  // namespace fieldweir
