// mqtt: the uplink that publishes each batch as one MQTT message, QoS 1: a batch is confirmed by
// the broker's acknowledgement. Several are in flight at once, bounded in number and bytes. Clean
// session and a connection that is simply opened again: what was not confirmed is sent again from
// the log.
//
// MQTT 3.1.1 cannot refuse a message, a broker that dislikes one disconnects: suspicion.h tells
// that from a broker that comes and goes.
//
// With the format sparkplug_b the connection is that of an edge node: sparkplug.h.
#pragma once

#include "uplink/uplinks.h"

namespace fieldweir {

struct MqttTarget {
  config::Reference broker;
  std::string topic = "fieldweir/{gateway}/{lane}";
  std::string group;  // with format sparkplug_b, which makes topics of its own
  std::int64_t qos = 1;
  std::int64_t in_flight = 16;
  Duration keep_alive = 10 * second;  // a silent broker is noticed after 2.5 times this
};

struct MqttUplinkSettings : UplinkSettings {
  MqttTarget mqtt;
};

const config::Fields<MqttUplinkSettings>& mqtt_fields();
std::unique_ptr<UplinkSettings> read_mqtt(const config::Node& node, config::Mistakes& mistakes);

/// The row of the table.
UplinkKind mqtt_uplink();

}  // namespace fieldweir
