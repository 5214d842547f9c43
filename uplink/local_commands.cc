#include "uplink/local_commands.h"

#include <algorithm>

namespace fieldweir {

LocalCommands::LocalCommands(const LocalCommandSettings& settings, const std::string& prefix,
                             CommandPort& port, Doorbell& own)
    : roles_(settings.roles), topics_(prefix + "/command/"), port_(port) {
  port.asker = &own;
}

Result<> LocalCommands::subscribe(MqttClient& client, Time deadline, const Stop& stop) {
  for (const std::string& role : roles_)
    if (const auto done = client.subscribe(topics_ + role + "/+", 1, deadline, stop); !done)
      return done;
  return {};
}

void LocalCommands::serve(MqttClient& client) {
  while (const auto message = client.inbox().front()) {
    if (!take(*message)) break;  // the commands worker will ring when it has taken some
    client.inbox().pop();
  }
  for (Answer answer; client.room() > 0 && port_.answers.pop({&answer, 1}) > 0;) {
    const std::string topic =
        topics_ + roles_[answer.ticket] + "/" + std::string(answer.signal) + "/result";
    // with failed connections the publisher deals
    static_cast<void>(client.publish(topic, answer.text, 1, false));
  }
}

/// False if the ring is full.
bool LocalCommands::take(const MessageQueue::Message& message) {
  if (port_.attempts.free() == 0) return false;
  std::string_view rest = message.topic.substr(std::min(topics_.size(), message.topic.size()));
  const std::string_view role = rest.substr(0, rest.find('/'));
  const auto known = std::ranges::find(roles_, role);
  // the filters let nothing else through
  if (known == roles_.end() || rest.size() <= role.size() + 1) return true;
  rest.remove_prefix(role.size() + 1);

  Attempt attempt;
  attempt.ticket = static_cast<std::uint64_t>(known - roles_.begin());
  attempt.received = message.received;
  attempt.origin.assign("mqtt " + *known);
  attempt.remote = true;
  // a name that is cut is no name
  const bool too_large = message.too_large || rest.size() > SignalName::capacity();
  if (too_large) attempt.fault = Attempt::Fault::too_large;
  if (message.retained) attempt.fault = Attempt::Fault::retained;
  attempt.signal.assign(rest);
  attempt.body.assign({message.payload.data(), message.payload.size()});
  port_.attempts.push(attempt);
  port_.worker.ring();
  return true;
}

}  // namespace fieldweir
