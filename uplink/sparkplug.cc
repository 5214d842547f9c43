#include "uplink/sparkplug.h"

#include <algorithm>

#include "uplink/formats/sparkplug_metric.h"

namespace fieldweir {
namespace {

std::string level(std::string_view text) {
  std::string name(text);
  std::ranges::replace_if(
      name, [](char c) { return c == '/' || c == '+' || c == '#' || c == '\0'; }, '_');
  return name;
}

void append(const SparkplugMetric& metric, std::string& payload) {
  char room[sparkplug_metric_max];
  ProtobufWriter to(room);
  write_sparkplug_metric(metric, to);
  payload.append(room, to.size());
}

void append_birth_death_seq(std::uint8_t seq, Time now, std::string& payload) {
  append({.name = "bdSeq", .kind = Kind::int64, .reading = int64_reading(0, now, seq)}, payload);
}

}  // namespace

Sparkplug::Sparkplug(std::string_view group, std::string_view node, std::vector<std::string> send,
                     const LiveValues& live, const Clock& clock)
    : group_(level(group)),
      node_(level(node)),
      death_topic_(topic("NDEATH")),
      selection_(std::move(send)),
      live_(live),
      clock_(clock),
      // nearly never what it was before a restart, whose death may still come
      birth_death_seq_(static_cast<std::uint8_t>(clock.now() / (50 * millisecond))) {}

void Sparkplug::add_to(MemoryPlan& memory, std::string_view uplink, std::size_t device_signals,
                       std::size_t rows) {
  memory.add("uplink " + std::string(uplink) + ": message being published",
             std::max(device_signals, rows), "metrics", sparkplug_metric_max);
}

std::string Sparkplug::topic(std::string_view type) const {
  return "spBv1.0/" + group_ + "/" + std::string(type) + "/" + node_;
}

std::string_view Sparkplug::next_death() {
  ++birth_death_seq_;
  death_.clear();
  append_birth_death_seq(birth_death_seq_, clock_.now(), death_);
  return death_;
}

Result<> Sparkplug::begin(MqttClient& client, Time deadline, const Stop& stop) {
  while (client.inbox().front()) client.inbox().pop();  // of the connection before
  const auto heard = client.subscribe(topic("NCMD"), 1, deadline, stop);
  if (heard) begin_births();
  return heard;
}

void Sparkplug::begin_births() {
  owes_ = true;
  births_published_ = 0;
  born_ = clock_.now();
  seq_ = 0;
  named_ = named();
  devices_.clear();
  for (SignalId signal = 0; signal < live_.signals.size(); ++signal) {
    if (!announces(signal)) continue;
    const std::string_view device = sparkplug_device(live_.signals[signal].name);
    const auto same = [&](const SignalName& known) { return known.view() == device; };
    // signals of one device mostly stand together
    if (std::find_if(devices_.rbegin(), devices_.rend(), same) == devices_.rend())
      devices_.emplace_back(device);
  }
}

bool Sparkplug::announces(SignalId signal) {
  return live_.signals.known(signal) && selection_.selects(signal, live_.signals[signal].name);
}

std::size_t Sparkplug::named() const {
  std::size_t count = 0;
  for (SignalId signal = 0; signal < live_.signals.size(); ++signal)
    count += live_.signals.known(signal) ? 1 : 0;
  return count;
}

bool Sparkplug::owes_births() {
  // names are given once; when all are, there is nothing to look for
  if (!owes_ && named_ < live_.signals.size() && named() > named_) begin_births();
  return owes_;
}

Result<std::size_t> Sparkplug::publish_births(MqttClient& client) {
  std::size_t count = 0;
  for (; births_published_ <= devices_.size() && client.room() > 1; ++births_published_, ++count)
    if (const auto done = publish_birth(client); !done) return done.error();
  owes_ = births_published_ <= devices_.size();
  return count;
}

Result<> Sparkplug::publish_birth(MqttClient& client) {
  payload_.clear();
  if (births_published_ == 0) {
    append_birth_death_seq(birth_death_seq_, born_, payload_);
    append({.name = "Node Control/Rebirth",
            .kind = Kind::boolean,
            .reading = boolean_reading(0, born_, false)},
           payload_);
    return publish(client, "NBIRTH", "", 0);
  }
  const SignalName& device = devices_[births_published_ - 1];
  for (SignalId id = 0; id < live_.signals.size(); ++id)
    if (announces(id) && sparkplug_device(live_.signals[id].name) == device.view())
      append_newest(id);
  return publish(client, "DBIRTH", device, 0);
}

void Sparkplug::append_newest(SignalId id) {
  const SignalTable::Signal& signal = live_.signals[id];
  const Reading reading = live_.latest.read(id).value_or(Reading{.time = born_, .signal = id});
  const bool text = reading.kind == Kind::text;
  append({.name = sparkplug_name(signal.name),
          .kind = signal.kind,
          .reading = reading,
          .text = text ? live_.texts[reading.as_text()] : std::string_view(),
          .unit = signal.unit},
         payload_);
}

void Sparkplug::hear(MessageQueue& inbox) {
  while (const auto message = inbox.front()) {
    // who asked before the births of this second has its answer
    if (!owes_ && clock_.now() - born_ >= second && asks_for_rebirth(message->payload))
      begin_births();
    inbox.pop();
  }
}

Result<> Sparkplug::publish(MqttClient& client, const Message& message) {
  payload_.assign(message.body);
  mark_historical(payload_, born_);
  const bool of_node = message.device.empty();
  return publish(client, of_node ? "NDATA" : "DDATA", message.device.view(), 1);
}

/// `payload_`, completed with what belongs to the moment.
Result<> Sparkplug::publish(MqttClient& client, std::string_view type, std::string_view device,
                            int qos) {
  char moment[32];
  ProtobufWriter to(moment);
  to.integer(sparkplug::timestamp, sparkplug_time(clock_.now()));
  to.integer(sparkplug::seq, seq_);
  payload_.append(moment, to.size());
  topic_.assign("spBv1.0/").append(group_).append("/").append(type).append("/").append(node_);
  if (!device.empty()) topic_.append("/").append(level(device));
  const auto done = client.publish(topic_, payload_, qos, false);
  if (done) ++seq_;
  return done;
}

}  // namespace fieldweir
