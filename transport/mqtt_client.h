// MqttClient: one connection to one broker, MQTT 3.1.1, clean session. Transport only: no
// persistence, no offline buffering, no reconnecting of its own. The only file that knows Paho is
// mqtt_client.cc.
//
// Owned by a driver, an uplink or the local publisher; every call is made on the owner's thread.
// Paho's threads are shared by all clients of the process, so its callbacks here only copy or mark
// something and ring the owner's doorbell. Bounds: `in_flight` publishes wait for their
// confirmation, publish() refuses more; the inbox is a fixed queue, what does not fit is counted in
// `dropped`. A silent peer is noticed after 2.5 to 3.5 times keep_alive.
//
// No call outlives its deadline or a stop request by more than 100 ms. close() takes at most half a
// second, also towards a frozen broker, and a second more for the last client of the process,
// because Paho's threads look up once a second; for the same reason connecting takes two seconds
// while other clients are connected and silent (measured, Paho C 1.3.12).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/counter.h"
#include "core/result.h"
#include "core/stop.h"
#include "core/worker.h"
#include "transport/broker.h"
#include "transport/message_queue.h"
#include "transport/resolver.h"

namespace fieldweir {

struct MqttClientSettings {
  std::string id;  // client identifier: a second client with the same one disconnects the first
  Duration keep_alive = 10 * second;
  std::size_t in_flight = 16;
  std::size_t largest_payload = 32 * 1024;  // of received messages
  std::size_t inbox = 128 * 1024;           // bytes of received messages that may wait
  std::string will_topic;  // with `will`: what the broker publishes when this client vanishes
  std::string will;        // without a goodbye
  bool will_retained = true;
};

class MqttClient {
 public:
  MqttClient(const BrokerSettings& broker, MqttClientSettings settings, Resolver& resolver,
             const Clock& clock, Doorbell& owner);
  ~MqttClient();

  /// For the next connect().
  void set_will(std::string_view will) { settings_.will = will; }

  /// Errors: unreachable, unauthorised (credentials or permission), refused (anything else the
  /// broker says, a TLS failure), stopped. Closes first whatever was open.
  Result<> connect(Time deadline, const Stop& stop);

  Result<> subscribe(const std::string& filter, int qos, Time deadline, const Stop& stop);

  /// Hands a message to Paho without waiting. At most room() succeed before some are confirmed.
  Result<> publish(const std::string& topic, std::string_view body, int qos, bool retain);
  std::size_t room() const;

  /// How many publishes, in their order and counted from the front, were newly confirmed: QoS 1 by
  /// the broker, QoS 0 when written.
  std::size_t take_confirmed();

  /// Received messages; survives close(). Its front is taken by the owner only.
  MessageQueue& inbox() { return inbox_; }

  /// ok while the connection stands, else why it does not.
  Result<> connected() const;

  void close();

  Counter dropped;  // received messages for which the inbox had no room; written by Paho's thread

 private:
  class Connection;
  Result<std::string> address(Time deadline, const Stop& stop);

  const BrokerSettings broker_;
  MqttClientSettings settings_;
  Resolver& resolver_;
  const Clock& clock_;
  Doorbell& owner_;
  MessageQueue inbox_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace fieldweir
