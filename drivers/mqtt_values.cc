#include "drivers/mqtt_values.h"

#include <algorithm>

#include "core/log.h"
#include "drivers/mqtt_payload.h"
#include "drivers/source_time.h"

namespace fieldweir {
namespace {

constexpr Duration heartbeat = minute;

/// Of the values, in order, then those of their times.
std::vector<std::string> pointers(const MqttDevice& device) {
  std::vector<std::string> all;
  for (const MqttSignal& value : device.values)
    if (value.pointer) all.push_back(*value.pointer);
  for (const MqttSignal& value : device.values)
    if (value.time) all.push_back(*value.time);
  return all;
}

/// "{room}.temperature" for "kitchen"; longer than a signal name may be if `text` is too long.
FixedText<200> full_name(const MqttDevice& device, const MqttSignal& signal,
                         std::string_view text) {
  const std::string& placeholder = device.mqtt.topic.placeholder;
  const std::size_t at = signal.name.find(placeholder);
  char buffer[200];
  const int size =
      std::snprintf(buffer, sizeof buffer, "%s.%.*s%.*s%s", device.name.c_str(),
                    static_cast<int>(at), signal.name.c_str(), static_cast<int>(text.size()),
                    text.data(), signal.name.c_str() + at + placeholder.size());
  return std::string_view(buffer, std::min<std::size_t>(size, sizeof buffer - 1));
}

}  // namespace

MqttValues::MqttValues(const MqttDevice& device, SignalId first, SignalTable& signals,
                       TextTable& texts)
    : device_(device),
      first_(first),
      signals_(signals),
      texts_(texts),
      members_(pointers(device)),
      has_json_(!pointers(device).empty()),
      first_time_(static_cast<std::size_t>(std::ranges::count_if(
          device.values, [](const MqttSignal& value) { return value.pointer.has_value(); }))),
      has_times_(pointers(device).size() > first_time_),
      stale_at_(device.values.size() * device.instances(), never) {
  instances_.reserve(device.instances());
  // without a placeholder there is one instance, whose names were given while building
  if (device.mqtt.topic.placeholder.empty()) instances_.emplace_back();
}

void MqttValues::take(const MessageQueue::Message& message, std::optional<Time> wall, Sink& sink) {
  const auto text = device_.mqtt.topic.match(message.topic);
  if (!text) return;  // not what we subscribed to
  Reason why = Reason::none;
  const std::size_t known = instance(*text, why);
  if (known == unknown) return refuse(message.topic, why, sink);

  const std::string_view payload(message.payload.data(), message.payload.size());
  const std::size_t slot = known * device_.values.size();
  // first those that want the payload as it is: reading JSON changes it
  for (std::size_t i = 0; i < device_.values.size(); ++i) {
    if (device_.values[i].pointer) continue;
    const auto id = static_cast<SignalId>(first_ + slot + i);
    const Time received = message.received;
    put(slot + i,
        message.too_large ? bad_reading(id, received, Reason::too_large)
                          : plain_reading(id, device_.values[i].type, received, payload, texts_),
        received, sink);
  }
  if (has_json_) read_members(message, wall, slot, sink);
}

void MqttValues::read_members(const MessageQueue::Message& message, std::optional<Time> wall,
                              std::size_t slot, Sink& sink) {
  const Time received = message.received;
  const Reason refused = message.too_large ? Reason::too_large : members_.read(message.payload);
  std::size_t pointer = 0;
  std::size_t time = first_time_;
  for (std::size_t i = 0; i < device_.values.size(); ++i) {
    const MqttSignal& value = device_.values[i];
    if (!value.pointer) continue;
    const JsonMember& member = members_[pointer++];
    const JsonMember* when = value.time ? &members_[time++] : nullptr;
    const auto id = static_cast<SignalId>(first_ + slot + i);
    if (refused != Reason::none) {
      put(slot + i, bad_reading(id, received, refused), received, sink);
    } else if (member.type == JsonMember::Type::missing) {
      missing.add();
    } else {
      Reading reading = member_reading(id, value.type, received, member, texts_);
      if (when != nullptr) stamp(reading, *when, wall);
      if (reading.quality == Quality::uncertain) doubted[reading.reason].add();
      put(slot + i, reading, received, sink);
    }
  }
}

std::size_t MqttValues::instance(std::string_view text, Reason& why) {
  for (std::size_t i = 0; i < instances_.size(); ++i)
    if (instances_[i].view() == text) return i;
  why = instances_.size() == device_.instances() ? Reason::instances_full
                                                 : claim(instances_.size(), text);
  if (why != Reason::none) return unknown;
  instances_.emplace_back(text);
  return instances_.size() - 1;
}

Reason MqttValues::claim(std::size_t instance, std::string_view text) {
  // a dot would make one instance's signal look like another's
  if (!is_clean_utf8(text) || text.find('.') != std::string_view::npos) return Reason::parse_error;
  for (const MqttSignal& signal : device_.values) {
    const auto name = full_name(device_, signal, text);
    if (name.size() > SignalName::capacity()) return Reason::too_large;
    if (signals_.find(name)) return Reason::parse_error;
  }
  const std::size_t slot = instance * device_.values.size();
  for (std::size_t i = 0; i < device_.values.size(); ++i)
    signals_.claim(static_cast<SignalId>(first_ + slot + i),
                   full_name(device_, device_.values[i], text));
  return Reason::none;
}

void MqttValues::refuse(std::string_view topic, Reason why, Sink& sink) {
  sink.lose(why, device_.values.size());
  const auto of = static_cast<std::size_t>(why);
  if (refusals_logged_[of]) return;
  refusals_logged_.set(of);
  const char* const because = why == Reason::parse_error
                                  ? "it gives a name that has a '.', is taken, or is no UTF-8"
                              : why == Reason::too_large ? "it gives a name that is too long"
                                                         : "as many as 'max_instances' are there";
  log(LogLevel::warning, device_.name, "%.*s is not taken: %s; further ones are only counted",
      static_cast<int>(topic.size()), topic.data(), because);
}

void MqttValues::put(std::size_t slot, const Reading& reading, Time received, Sink& sink) {
  sink.put(reading);
  if (device_.mqtt.stale_after == 0) return;
  stale_at_[slot] = received + device_.mqtt.stale_after;
  next_stale_ = std::min(next_stale_, stale_at_[slot]);
}

void MqttValues::restart(Time now) {
  if (device_.mqtt.stale_after == 0) return;
  next_stale_ = now + device_.mqtt.stale_after;
  std::fill_n(stale_at_.begin(), instances_.size() * device_.values.size(), next_stale_);
}

Time MqttValues::mark_stale(Time now, Sink& sink) {
  if (now < next_stale_) return next_stale_;
  next_stale_ = never;
  for (std::size_t slot = 0; slot < instances_.size() * device_.values.size(); ++slot) {
    if (stale_at_[slot] <= now) {
      sink.put(bad_reading(static_cast<SignalId>(first_ + slot), now, Reason::stale));
      stale_at_[slot] = now + heartbeat;
    }
    next_stale_ = std::min(next_stale_, stale_at_[slot]);
  }
  return next_stale_;
}

}  // namespace fieldweir
