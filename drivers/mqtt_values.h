// MqttValues: what the messages of one MQTT device mean: which instance a topic belongs to, which
// readings a payload gives, and which signals have gone stale. Everything of the driver but the
// connection. Owned by the driver, used on the bus thread.
//
// Fixed memory: instances are learnt from topics until `max_instances`; a message of a further one,
// or of one whose name cannot be a signal's, counts as so many readings lost and is logged once.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/account.h"
#include "core/signal_table.h"
#include "core/text_table.h"
#include "drivers/json_members.h"
#include "drivers/mqtt_settings.h"
#include "transport/message_queue.h"

namespace fieldweir {

class MqttValues {
 public:
  MqttValues(const MqttDevice& device, SignalId first, SignalTable& signals, TextTable& texts);

  /// Puts one reading per signal that the message speaks of. The payload is changed. `wall`: what
  /// a synchronised clock says, if there is one; the source's times are judged by it.
  void take(const MessageQueue::Message& message, std::optional<Time> wall, Sink& sink);

  /// All known signals have until `now` + stale_after to be heard of.
  void restart(Time now);

  /// Puts bad(stale) for those whose time is over, then once a minute; when to call again.
  Time mark_stale(Time now, Sink& sink);

  /// Readings that one message gives at most.
  std::size_t signals_per_message() const { return device_.values.size(); }

  /// Whether any signal has the source's time.
  bool has_source_times() const { return has_times_; }

  Counter missing;       // values that a message should have carried
  ReasonCounts doubted;  // readings that are uncertain because of their source's time, by why

 private:
  static constexpr std::size_t unknown = SIZE_MAX;

  /// The instance that `text` names, learning it if there is room; `unknown` with the reason if
  /// not.
  std::size_t instance(std::string_view text, Reason& why);
  Reason claim(std::size_t instance, std::string_view text);
  void refuse(std::string_view topic, Reason why, Sink& sink);
  void read_members(const MessageQueue::Message& message, std::optional<Time> wall,
                    std::size_t slot, Sink& sink);
  /// `received`: when it was heard of, whatever time it has.
  void put(std::size_t slot, const Reading& reading, Time received, Sink& sink);

  const MqttDevice& device_;
  const SignalId first_;
  SignalTable& signals_;
  TextTable& texts_;
  JsonMembers members_;
  const bool has_json_;
  const std::size_t first_time_;  // of the pointers: those before it are of values
  const bool has_times_;
  std::vector<SignalName> instances_;  // what stands for the placeholder; size: how many are known
  std::vector<Time> stale_at_;         // of each slot, instance * signals + index
  Time next_stale_ = never;            // not after the earliest of them
  std::bitset<reason_count> refusals_logged_;
};

}  // namespace fieldweir
