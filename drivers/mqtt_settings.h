// mqtt_settings: what can be configured of a device that speaks by MQTT messages. Read while
// starting.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/driver.h"
#include "drivers/mqtt_topic.h"

namespace fieldweir {

struct MqttSignal : SignalSettings {
  std::optional<std::string> pointer;  // into a JSON payload; none: the payload is the value
  std::optional<std::string> time;     // into the same payload; none: the time of its reception
  Kind type = Kind::float64;
  Kind kind() const override { return type; }
};

struct MqttSubscription {
  config::Reference broker;
  TopicPattern topic;
  std::int64_t qos = 1;
  Duration stale_after = 0;  // 0: never
};

struct MqttDevice : DeviceSettings {
  MqttSubscription mqtt;
  std::vector<MqttSignal> values;
  std::optional<std::int64_t> max_instances;

  std::size_t instances() const override;
  std::vector<const SignalSettings*> signals() const override;
};

/// nullptr if there were mistakes.
std::unique_ptr<DeviceSettings> read_mqtt_device(const config::Node& node,
                                                 config::Mistakes& mistakes);

const std::vector<config::FieldInfo>& mqtt_device_fields();

}  // namespace fieldweir
