#include "uplink/mqtt.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/check.h"
#include "transport/mqtt_client.h"
#include "uplink/sparkplug.h"
#include "uplink/suspicion.h"
#include "uplink/topic.h"

namespace fieldweir {
namespace {

class MqttUplink final : public Uplink {
 public:
  MqttUplink(const MqttUplinkSettings& settings, const UplinkContext& context)
      : clock_(context.clock),
        in_flight_limit_(static_cast<std::size_t>(settings.mqtt.in_flight)),
        sparkplug_(edge_node(settings, context)),
        client_(*find_broker(context.brokers, settings.mqtt.broker.name),
                client_settings(settings, context.gateway, sparkplug_), context.resolver,
                context.clock, context.doorbell) {
    for (int lane = 0; lane < lane_count; ++lane)
      topics_[lane] = fill_in(settings.mqtt.topic, {{"gateway", context.gateway},
                                                    {"lane", to_string(static_cast<Lane>(lane))}});
  }

  ~MqttUplink() override { close(); }

  Result<> connect(Time deadline, const Stop& stop) override {
    close();
    if (sparkplug_) client_.set_will(sparkplug_->next_death());
    Result<> done = client_.connect(deadline, stop);
    if (done && sparkplug_) done = sparkplug_->begin(client_, deadline, stop);
    if (done && sparkplug_) done = announce();
    suspicion_.connected(clock_.now());
    return done;
  }

  Sent send(std::span<const Message> window, Time, const Stop&) override {
    Sent sent;
    sent.safe = take_confirmed();
    if (sent.safe > 0) suspicion_.confirmed();
    std::span<const Message> waiting = window.subspan(sent.safe);
    if (const auto connected = client_.connected(); !connected)
      return lost(sent, waiting, connected.error());
    if (!waiting.empty() && suspicion_.suspects(waiting.front().lane, waiting.front().position)) {
      waiting = waiting.first(1);
      if (clock_.now() < suspicion_.may_send())
        return {.verdict = Verdict::again, .at = suspicion_.may_send()};
    }
    if (sparkplug_) {
      sparkplug_->hear(client_.inbox());
      if (const auto done = announce(); !done) return lost(sent, waiting, done.error());
      if (sparkplug_->owes_births()) waiting = waiting.first(std::min(published_, waiting.size()));
    }
    for (; published_ < waiting.size() && has_room(waiting); ++published_) {
      const auto done = publish(waiting[published_]);
      if (!done) return lost(sent, waiting, done.error());
      if (published_ == 0) suspicion_.sent(clock_.now());
    }
    // whoever got something confirmed may have more to give; else the doorbell tells
    sent.left = published_ > 0;  // not while births are under way
    sent.verdict = sent.safe > 0 || published_ == 0 ? Verdict::ok : Verdict::again;
    sent.at = never;
    return sent;
  }

  /// An edge node is dead to its hosts without a connection, and hears commands.
  Result<> attend() override {
    if (!sparkplug_) return {};
    take_confirmed();
    if (const auto connected = client_.connected(); !connected) return connected;
    sparkplug_->hear(client_.inbox());
    return announce();
  }

  void close() override {
    // a goodbye makes the broker forget the last will
    if (sparkplug_ && client_.connected())
      static_cast<void>(client_.publish(sparkplug_->death_topic(), sparkplug_->death(), 1, false));
    client_.close();
    published_ = births_ = 0;
  }

  std::size_t in_flight_limit() const override { return in_flight_limit_; }
  Duration patience() const override { return 5 * second; }
  bool connects() const override { return true; }

 private:
  static std::optional<Sparkplug> edge_node(const MqttUplinkSettings& settings,
                                            const UplinkContext& context) {
    if (settings.format != "sparkplug_b") return std::nullopt;
    FIELDWEIR_CHECK(context.live.has_value());
    return std::make_optional<Sparkplug>(settings.mqtt.group, context.gateway, settings.send,
                                         *context.live, context.clock);
  }
  static MqttClientSettings client_settings(const MqttUplinkSettings& settings,
                                            const std::string& gateway,
                                            const std::optional<Sparkplug>& sparkplug) {
    MqttClientSettings client{.id = gateway + "-uplink-" + settings.name,
                              .keep_alive = settings.mqtt.keep_alive,
                              .in_flight = static_cast<std::size_t>(settings.mqtt.in_flight),
                              .largest_payload = 0,
                              .inbox = 0};
    if (!sparkplug) return client;
    client.in_flight += Sparkplug::births_in_flight;
    client.largest_payload = Sparkplug::largest_command;
    client.inbox = 2 * Sparkplug::largest_command;
    client.will_topic = sparkplug->death_topic();
    client.will_retained = false;
    return client;
  }

  Result<> publish(const Message& message) {
    if (sparkplug_) return sparkplug_->publish(client_, message);
    return client_.publish(topics_[static_cast<int>(message.lane)], message.body, 1, false);
  }

  /// Births come before data, so they are confirmed before it; and after all data on its way.
  Result<> announce() {
    if (!sparkplug_->owes_births() || published_ > 0) return {};
    const auto published = sparkplug_->publish_births(client_);
    if (!published) return published.error();
    births_ += published.value();
    return {};
  }
  std::size_t take_confirmed() {
    const std::size_t all = client_.take_confirmed();
    const std::size_t births = std::min(all, births_);
    births_ -= births;
    published_ -= all - births;
    return all - births;
  }

  /// Paho takes whatever it is given, also towards a broker that reads nothing. One always fits.
  bool has_room(std::span<const Message> waiting) const {
    if (client_.room() == 0) return false;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < published_; ++i) bytes += waiting[i].body.size();
    return published_ == 0 || bytes + waiting[published_].body.size() <= most_bytes;
  }

  Sent lost(Sent sent, std::span<const Message> waiting, const Error& why) {
    sent.verdict = Verdict::retry;
    sent.why = why;
    sent.left = published_ > 0;
    if (!sent.left) return sent;
    const Message& oldest = waiting.front();
    if (!suspicion_.lost(oldest.lane, oldest.position, clock_.now())) return sent;
    sent.verdict = Verdict::poison;
    sent.why = error(Reason::refused, "the broker disconnects whenever it is sent this message");
    return sent;
  }

  static constexpr std::size_t most_bytes = 1024 * 1024;

  const Clock& clock_;
  const std::size_t in_flight_limit_;
  std::optional<Sparkplug> sparkplug_;  // with that format
  MqttClient client_;
  std::array<std::string, lane_count> topics_;
  std::size_t births_ = 0;     // published and not yet confirmed; before all data
  std::size_t published_ = 0;  // of the window's front, since connect(), not yet reported safe
  Suspicion suspicion_;
};

std::unique_ptr<Uplink> make(const UplinkSettings& settings, const UplinkContext& context) {
  return std::make_unique<MqttUplink>(static_cast<const MqttUplinkSettings&>(settings), context);
}

}  // namespace

UplinkKind mqtt_uplink() {
  return {"mqtt", read_mqtt, make,
          []() -> const std::vector<config::FieldInfo>& { return mqtt_fields().infos(); }};
}

}  // namespace fieldweir
