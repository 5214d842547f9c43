// MqttValues: what the messages of one MQTT device mean: which instance a topic belongs to, which
// readings a payload gives, and which signals have gone stale. Everything of the driver but the
// connection. Owned by the driver, used on the bus thread.
//
// Fixed memory: instances are learnt from topics until `max_instances`; a message of a further one,
// or of one whose name cannot be a signal's, counts as so many readings lost and is logged once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/signal_table.h"
#include "core/text_table.h"
#include "drivers/json_members.h"
#include "drivers/mqtt_settings.h"
#include "transport/message_queue.h"

namespace fieldweir {

class MqttValues {
 public:
  MqttValues(const MqttDevice& device, SignalId first, SignalTable& signals, TextTable& texts);

  /// Puts one reading per signal that the message speaks of. The payload is changed.
  void take(const MessageQueue::Message& message, Sink& sink);

  /// All known signals have until `now` + stale_after to be heard of.
  void restart(Time now);

  /// Puts bad(stale) for those whose time is over, then once a minute; when to call again.
  Time mark_stale(Time now, Sink& sink);

  /// Readings that one message gives at most.
  std::size_t signals_per_message() const { return device_.values.size(); }

  Counter missing;  // values that a message should have carried

 private:
  static constexpr std::size_t unknown = SIZE_MAX;

  /// The instance that `text` names, learning it if there is room; `unknown` with the reason if
  /// not.
  std::size_t instance(std::string_view text, Reason& why);
  Reason claim(std::size_t instance, std::string_view text);
  void refuse(std::string_view topic, Reason why, Sink& sink);
  void put(std::size_t slot, const Reading& reading, Sink& sink);

  const MqttDevice& device_;
  const SignalId first_;
  SignalTable& signals_;
  TextTable& texts_;
  JsonMembers members_;
  const bool has_json_;
  std::vector<SignalName> instances_;  // what stands for the placeholder; size: how many are known
  std::vector<Time> stale_at_;         // of each slot, instance * signals + index
  Time next_stale_ = never;            // not after the earliest of them
  bool refusal_logged_ = false;
};

}  // namespace fieldweir
