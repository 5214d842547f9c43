// Sparkplug: what makes an edge node of Sparkplug B 3.0 out of an mqtt uplink's connection: births
// before data, a death by last will with the same bdSeq, seq in all messages, rebirth on command.
// Owned by the mqtt uplink whose format is sparkplug_b; its thread. The gateway is the edge node,
// what stands before a signal's first dot is the device.
//
// Births say the newest value of every signal that the uplink is sent, so what is older than them
// is marked historical when it is published. A signal that gets its name later (wildcard topics)
// makes all births come again. The buffer grows to the largest message seen.
//
// Left out: STATE of a primary host, DDEATH (a device's signal `online` tells), DCMD. See
// docs/decisions/sparkplug.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/latest_values.h"
#include "core/memory_plan.h"
#include "core/signal_table.h"
#include "core/text_table.h"
#include "transport/mqtt_client.h"
#include "uplink/selection.h"
#include "uplink/uplinks.h"

namespace fieldweir {

class Sparkplug {
 public:
  /// No topic level may hold what MQTT gives a meaning: it becomes '_'.
  Sparkplug(std::string_view group, std::string_view node, std::vector<std::string> send,
            const LiveValues& live, const Clock& clock);

  /// `device_signals`: the most that one device has; `rows`: the most readings of a batch.
  static void add_to(MemoryPlan& memory, std::string_view uplink, std::size_t device_signals,
                     std::size_t rows);

  static constexpr std::size_t largest_command = 4096;
  /// Births may be under way beside data.
  static constexpr std::size_t births_in_flight = 128;

  const std::string& death_topic() const { return death_topic_; }
  /// The payload of NDEATH for the connection that comes next: bdSeq grows.
  std::string_view next_death();
  /// Of the present connection.
  std::string_view death() const { return death_; }

  /// On a fresh connection, which hears commands from then on and owes births.
  Result<> begin(MqttClient& client, Time deadline, const Stop& stop);

  /// Whether births are owed: nothing else may be published.
  bool owes_births();
  /// Publishes those for which there is room, at QoS 0; how many. While no data is under way.
  Result<std::size_t> publish_births(MqttClient& client);
  /// Takes what commands have come.
  void hear(MessageQueue& inbox);

  Result<> publish(MqttClient& client, const Message& message);

 private:
  void begin_births();
  Result<> publish_birth(MqttClient& client);
  void append_newest(SignalId id);
  bool announces(SignalId signal);
  std::size_t named() const;
  Result<> publish(MqttClient& client, std::string_view type, std::string_view device, int qos);
  std::string topic(std::string_view type) const;

  const std::string group_;
  const std::string node_;
  const std::string death_topic_;
  Selection selection_;
  const LiveValues live_;
  const Clock& clock_;

  std::uint8_t birth_death_seq_;
  std::uint8_t seq_ = 0;
  std::string death_;
  Time born_ = 0;
  std::size_t named_ = 0;             // signals that had their names then
  std::vector<SignalName> devices_;   // of the births
  std::size_t births_published_ = 0;  // the node's, then each device's
  bool owes_ = false;
  std::string payload_;  // of the message being published
  std::string topic_;
};

}  // namespace fieldweir
