#include "drivers/mqtt.h"

#include <chrono>
#include <thread>

#include "drivers/mqtt_settings.h"
#include "drivers/mqtt_values.h"
#include "transport/mqtt_client.h"

namespace fieldweir {
namespace {

constexpr int messages_per_poll = 256;
constexpr int waits_for_room = 10;  // of one millisecond

class Mqtt final : public Driver {
 public:
  Mqtt(const MqttDevice& device, SignalId first, const DriverContext& context)
      : device_(device),
        clock_(context.clock),
        values_(device, first, context.signals, context.texts),
        client_(*find_broker(context.brokers, device.mqtt.broker.name),
                {.id = context.gateway + "-device-" + device.name}, context.resolver, context.clock,
                context.doorbell) {}

  Result<> open(Time deadline, const Stop& stop) override {
    if (const auto connected = client_.connect(deadline, stop); !connected) return connected;
    values_.restart(clock_.now());
    return client_.subscribe(device_.mqtt.topic.filter(), static_cast<int>(device_.mqtt.qos),
                             deadline, stop);
  }

  Result<Time> poll(Time now, Time deadline, Sink& sink, const Stop& stop) override {
    count_dropped(sink);
    std::optional<Time> wall;
    if (values_.has_source_times() && clock_.synchronised()) wall = clock_.wall();
    for (int taken = 0; const auto message = client_.inbox().front(); ++taken) {
      if (taken == messages_per_poll || clock_.now() >= deadline || stop.requested()) return now;
      wait_for_room(sink);
      values_.take(*message, wall, sink);
      client_.inbox().pop();
    }
    skipped.set(values_.missing.get());
    for (const Reason why :
         {Reason::source_time_too_old, Reason::source_time_ahead, Reason::no_source_time})
      doubted[why].set(values_.doubted[why].get());
    if (const auto connected = client_.connected(); !connected) return connected.error();
    return values_.mark_stale(now, sink);
  }

  void close() override { client_.close(); }
  Duration patience() const override { return 5 * second; }

 private:
  void count_dropped(Sink& sink) {
    const std::uint64_t dropped = client_.dropped.get();
    if (dropped == dropped_) return;
    sink.lose(Reason::ring_full, (dropped - dropped_) * values_.signals_per_message());
    dropped_ = dropped;
  }

  void wait_for_room(Sink& sink) {
    for (int i = 0; i < waits_for_room && sink.room() < values_.signals_per_message(); ++i) {
      sink.announce();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  const MqttDevice& device_;
  const Clock& clock_;
  MqttValues values_;
  MqttClient client_;
  std::uint64_t dropped_ = 0;  // of the inbox, already counted
};

}  // namespace

DriverKind mqtt_driver() {
  DriverKind kind{};
  kind.key = "mqtt";
  kind.read = read_mqtt_device;
  kind.bus = [](const DeviceSettings& device) { return "mqtt " + device.name; };
  kind.make = [](std::span<const DeviceSeat> devices, const DriverContext& context) {
    std::vector<std::unique_ptr<Driver>> drivers;
    for (const DeviceSeat& seat : devices)
      drivers.push_back(std::make_unique<Mqtt>(static_cast<const MqttDevice&>(seat.settings),
                                               seat.first, context));
    return drivers;
  };
  kind.fields = mqtt_device_fields;
  return kind;
}

}  // namespace fieldweir
