// LocalCommands: the ear of the local publisher's client: commands that come as messages on
// `prefix/command/<role>/<signal>`, and their results on that topic plus `/result`. Owned by the
// LocalPublisher, used on its thread. It reads nothing of a message but its topic: the commands
// worker judges.
//
// Bounds: the client's inbox (16 KiB) and the port's ring; what finds no room is dropped by the
// client and counted there. A result waits for room or a connection; of those that wait the first
// eight are published, the audit has all.
#pragma once

#include <string>
#include <vector>

#include "core/command.h"
#include "transport/mqtt_client.h"
#include "uplink/local.h"

namespace fieldweir {

class LocalCommands {
 public:
  static constexpr std::size_t inbox = 16 * 1024;
  static constexpr std::size_t largest_payload = decltype(Attempt::body)::capacity();

  /// `own` is rung when there is an answer.
  LocalCommands(const LocalCommandSettings& settings, const std::string& prefix, CommandPort& port,
                Doorbell& own);

  /// After each connecting.
  Result<> subscribe(MqttClient& client, Time deadline, const Stop& stop);

  /// Hands on what came in, and publishes what came of it.
  void serve(MqttClient& client);

 private:
  bool take(const MessageQueue::Message& message);

  const std::vector<std::string> roles_;
  const std::string topics_;  // "prefix/command/"
  CommandPort& port_;
};

}  // namespace fieldweir
