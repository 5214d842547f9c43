#include "uplink/local_publisher.h"

#include <algorithm>

#include "uplink/latest_json.h"
#include "uplink/topic.h"

namespace fieldweir {
namespace {

// also the most that one turn publishes
constexpr std::size_t in_flight = 64;
// towards a broker that takes nothing
constexpr Duration glance = 100 * millisecond;

MqttClientSettings client_settings(const std::string& gateway, const std::string& prefix,
                                   bool commands) {
  return {.id = gateway + "-local-values",
          .in_flight = in_flight,
          .largest_payload = commands ? LocalCommands::largest_payload : 0,
          .inbox = commands ? LocalCommands::inbox : 0,
          .will_topic = prefix + "/status",
          .will = "offline"};
}

}  // namespace

LocalPublisher::LocalPublisher(const LocalSettings& settings, const LocalContext& context)
    : context_(context),
      prefix_(fill_in(settings.mqtt.prefix, {{"gateway", context.gateway}})),
      retain_(settings.mqtt.retain),
      client_(*find_broker(context.brokers, settings.mqtt.broker.name),
              client_settings(context.gateway, prefix_, settings.commands.has_value()),
              context.resolver, context.clock, doorbell()),
      backoff_(context.random),
      told_(context.latest.size()) {
  if (settings.commands && context.commands != nullptr)
    commands_.emplace(*settings.commands, prefix_, *context.commands, doorbell());
  topic_.reserve(prefix_.size() + 1 + SignalName::capacity());
}

LocalPublisher::~LocalPublisher() {
  // a goodbye makes the broker forget the last will; what goes wrong now leaves the will in force
  if (connected_) static_cast<void>(client_.publish(prefix_ + "/status", "offline", 1, true));
}

void LocalPublisher::add_to(MemoryPlan& memory, const LocalSettings& settings,
                            std::size_t signals) {
  if (settings.commands)
    memory.add("inbox of local commands", 1, "queue",
               MessageQueue::bytes_for(LocalCommands::largest_payload, LocalCommands::inbox));
  memory.add("local publisher", signals, "signals", sizeof(std::uint32_t));
}

Time LocalPublisher::turn(Time now) {
  if (context_.stop.requested()) return never;
  if (const auto standing = client_.connected(); connected_ && !standing)
    return failed(standing.error());
  if (!connected_ && (now < next_attempt_ || !connect())) return next_attempt_;
  client_.take_confirmed();
  if (commands_) commands_->serve(client_);
  if (now < next_pass_ && next_signal_ == 0) return next_pass_;
  if (next_signal_ == 0) next_pass_ = now + every;
  const auto done = publish_changes();
  if (!done) return failed(done.error());
  // a pass that is not over waits for room: the doorbell rings when messages are written
  return next_signal_ == 0 ? next_pass_ : std::max(next_pass_, now + glance);
}

bool LocalPublisher::connect() {
  auto done = client_.connect(context_.clock.now() + patience, context_.stop);
  if (done) done = client_.publish(prefix_ + "/status", "online", 1, true);
  if (done && commands_) done = hear_commands();
  if (!done) {
    failed(done.error());
    return false;
  }
  connected_ = true;
  backoff_.connected(context_.clock.now());
  std::ranges::fill(told_, 0);
  next_signal_ = 0;
  next_pass_ = 0;
  log(LogLevel::info, name(), "publishing under %s", prefix_.c_str());
  return true;
}

/// A broker that lets us hear no commands still gets the values.
Result<> LocalPublisher::hear_commands() {
  const Result<> heard =
      commands_->subscribe(client_, context_.clock.now() + patience, context_.stop);
  if (heard || heard.error().reason != Reason::unauthorised) return heard;
  log(LogLevel::warning, name(), "hears no commands: %s",
      std::string(heard.error().text.view()).c_str());
  return {};
}

Time LocalPublisher::failed(const Error& why) {
  client_.close();
  connected_ = false;
  const Time now = context_.clock.now();
  next_attempt_ = backoff_.failed(now);
  if (!context_.stop.requested() && failure_limit_.allow(now))
    log(LogLevel::warning, name(), "%s", std::string(why.text.view()).c_str());
  return next_attempt_;
}

/// Goes on with the pass while there is room.
Result<> LocalPublisher::publish_changes() {
  const std::size_t signals = std::min(context_.signals.size(), told_.size());
  for (; next_signal_ < signals; ++next_signal_) {
    const std::uint32_t version = context_.latest.version(next_signal_);
    if (version == told_[next_signal_] || !context_.signals.known(next_signal_)) continue;
    const auto reading = context_.latest.read(next_signal_);
    if (!reading) continue;
    if (client_.room() == 0) return {};
    if (const auto done = publish(next_signal_, *reading); !done) return done;
    // taken before the reading: a change in between is published again
    told_[next_signal_] = version;
  }
  next_signal_ = 0;
  return {};
}

Result<> LocalPublisher::publish(SignalId signal, const Reading& reading) {
  const SignalTable::Signal& known = context_.signals[signal];
  // a name that learnt itself from a topic may not be one
  if (known.name.view().find_first_of("+#") != std::string_view::npos) return {};
  topic_.assign(prefix_).append("/").append(known.name.view());
  char buffer[latest_json_max];
  const std::string_view text =
      reading.kind == Kind::text ? context_.texts[reading.as_text()] : std::string_view();
  return client_.publish(topic_, write_latest_json(reading, known.unit, text, buffer), 0, retain_);
}

}  // namespace fieldweir
