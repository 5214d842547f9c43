#include "uplink/mqtt.h"

#include <array>

#include "transport/mqtt_client.h"
#include "uplink/suspicion.h"
#include "uplink/topic.h"

namespace fieldweir {
namespace {

// --- settings

bool read_topic(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string topic;
  if (!config::read_text(node, topic, mistakes)) return false;
  static constexpr std::array<std::string_view, 2> known = {"gateway", "lane"};
  if (!is_publish_topic(topic, known)) {
    mistakes.add(node.place,
                 "expected a topic like plant/{gateway}/{lane}, without '+' and '#'; {gateway} and "
                 "{lane} are all there is in braces");
    return false;
  }
  out = std::move(topic);
  return true;
}

bool read_qos(const config::Node& node, std::int64_t& out, config::Mistakes& mistakes) {
  std::int64_t qos = 0;
  if (!config::read_integer(node, {0, 2}, qos, mistakes)) return false;
  if (qos != 1) {
    mistakes.add(node.place, "expected 1: a broker confirms a batch at QoS 1 only");
    return false;
  }
  out = qos;
  return true;
}

const config::Fields<MqttTarget>& target_fields() {
  using config::optional, config::required;
  static const auto fields =
      config::Fields<MqttTarget>("an MQTT uplink")
          .reference("broker", &MqttTarget::broker, required, "the name of one of `brokers`")
          .custom("topic", "topic", &MqttTarget::topic, read_topic, optional,
                  "{gateway} is the gateway's id, {lane} events or telemetry")
          .custom("qos", "1", &MqttTarget::qos, read_qos, optional, "always 1")
          .integer("in_flight", &MqttTarget::in_flight, {1, 100}, optional,
                   "batches sent and not yet confirmed")
          .duration("keep_alive", &MqttTarget::keep_alive, {second, 10 * minute}, optional,
                    "a silent broker is noticed after 2.5 times as long");
  return fields;
}

const config::Fields<MqttUplinkSettings>& uplink_fields() {
  static const auto fields = [] {
    config::Fields<MqttUplinkSettings> made("an uplink");
    declare_common_uplink(made);
    made.section("mqtt", &MqttUplinkSettings::mqtt, target_fields(), config::required,
                 "where batches are published");
    return made;
  }();
  return fields;
}

// --- the uplink

class MqttUplink final : public Uplink {
 public:
  MqttUplink(const MqttUplinkSettings& settings, const UplinkContext& context)
      : clock_(context.clock),
        in_flight_limit_(static_cast<std::size_t>(settings.mqtt.in_flight)),
        client_(*find_broker(context.brokers, settings.mqtt.broker.name),
                {.id = context.gateway + "-uplink-" + settings.name,
                 .keep_alive = settings.mqtt.keep_alive,
                 .in_flight = in_flight_limit_,
                 .largest_payload = 0,
                 .inbox = 0},
                context.resolver, context.clock, context.doorbell) {
    for (int lane = 0; lane < lane_count; ++lane)
      topics_[lane] = fill_in(settings.mqtt.topic, {{"gateway", context.gateway},
                                                    {"lane", to_string(static_cast<Lane>(lane))}});
  }

  Result<> connect(Time deadline, const Stop& stop) override {
    close();
    const Result<> done = client_.connect(deadline, stop);
    suspicion_.connected(clock_.now());
    return done;
  }

  Sent send(std::span<const Message> window, Time, const Stop&) override {
    Sent sent;
    sent.safe = client_.take_confirmed();
    published_ -= sent.safe;
    if (sent.safe > 0) suspicion_.confirmed();
    std::span<const Message> waiting = window.subspan(sent.safe);
    if (const auto connected = client_.connected(); !connected)
      return lost(sent, waiting, connected.error());
    if (!waiting.empty() && suspicion_.suspects(waiting.front().lane, waiting.front().position)) {
      waiting = waiting.first(1);
      if (clock_.now() < suspicion_.may_send())
        return {.verdict = Verdict::again, .at = suspicion_.may_send()};
    }
    for (; published_ < waiting.size() && has_room(waiting); ++published_) {
      const Message& message = waiting[published_];
      const auto done =
          client_.publish(topics_[static_cast<int>(message.lane)], message.body, 1, false);
      if (!done) return lost(sent, waiting, done.error());
      if (published_ == 0) suspicion_.sent(clock_.now());
    }
    // whoever got something confirmed may have more to give; else the doorbell tells
    sent.verdict = sent.safe > 0 || published_ == 0 ? Verdict::ok : Verdict::again;
    sent.at = never;
    return sent;
  }

  void close() override {
    client_.close();
    published_ = 0;
  }

  std::size_t in_flight_limit() const override { return in_flight_limit_; }
  Duration patience() const override { return 5 * second; }

 private:
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
    if (published_ == 0) return sent;
    const Message& oldest = waiting.front();
    if (!suspicion_.lost(oldest.lane, oldest.position, clock_.now())) return sent;
    sent.verdict = Verdict::poison;
    sent.why = error(Reason::refused, "the broker disconnects whenever it is sent this message");
    return sent;
  }

  static constexpr std::size_t most_bytes = 1024 * 1024;

  const Clock& clock_;
  const std::size_t in_flight_limit_;
  MqttClient client_;
  std::array<std::string, lane_count> topics_;
  std::size_t published_ = 0;  // of the window's front, since connect(), not yet reported safe
  Suspicion suspicion_;
};

std::unique_ptr<UplinkSettings> read(const config::Node& node, config::Mistakes& mistakes) {
  auto settings = std::make_unique<MqttUplinkSettings>();
  return uplink_fields().read(node, *settings, mistakes) ? std::move(settings) : nullptr;
}

std::unique_ptr<Uplink> make(const UplinkSettings& settings, const UplinkContext& context) {
  return std::make_unique<MqttUplink>(static_cast<const MqttUplinkSettings&>(settings), context);
}

}  // namespace

UplinkKind mqtt_uplink() {
  return {"mqtt", read, make,
          []() -> const std::vector<config::FieldInfo>& { return uplink_fields().infos(); }};
}

}  // namespace fieldweir
