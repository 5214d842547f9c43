#include "transport/mqtt_client.h"

#include <mqtt/async_client.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

namespace fieldweir {
namespace {

using std::chrono::milliseconds;

// so often a waiting caller looks at its deadline and the stop request
constexpr milliseconds glance{20};
// close(): for the publishes still under way, and for Paho to say that it is done
constexpr milliseconds farewell{100};
constexpr milliseconds farewell_longest{250};

std::string in_brackets(std::string_view host) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return v6 ? "[" + std::string(host) + "]" : std::string(host);
}

// return codes of CONNACK and SUBACK, MQTT 3.1.1 tables 3.1 and 3.9.3
Error translate(const mqtt::exception& thrown, const std::string& doing, std::string_view tls) {
  const int length = static_cast<int>(tls.size());
  switch (thrown.get_return_code()) {
    case 1:
      return error(Reason::refused, "%s: wants another MQTT version", doing.c_str());
    case 2:
      return error(Reason::refused, "%s: client identifier rejected", doing.c_str());
    case 3:
      return error(Reason::refused, "%s: server unavailable", doing.c_str());
    case 4:
      return error(Reason::unauthorised, "%s: bad user name or password", doing.c_str());
    case 5:
      return error(Reason::unauthorised, "%s: not authorised", doing.c_str());
    case 0x80:
      return error(Reason::unauthorised, "%s: subscription refused", doing.c_str());
    default:
      break;
  }
  if (!tls.empty()) return error(Reason::refused, "%s: %.*s", doing.c_str(), length, tls.data());
  return error(Reason::unreachable, "%s: %s", doing.c_str(), thrown.what());
}

}  // namespace

/// From one connect() to its close(); what Paho may still say to an earlier one cannot reach it.
class MqttClient::Connection final : public mqtt::callback, public mqtt::iaction_listener {
 public:
  Connection(const std::string& address, const MqttClientSettings& settings, MessageQueue& inbox,
             Counter& dropped, const Clock& clock, Doorbell& owner)
      : inbox_(inbox),
        dropped_(dropped),
        clock_(clock),
        owner_(owner),
        confirmed_(settings.in_flight),
        // by itself it refuses what comes while a hundred wait for its sending thread
        paho_(address, settings.id,
              mqtt::create_options(MQTTVERSION_3_1_1, static_cast<int>(settings.in_flight)),
              nullptr) {
    paho_.set_callback(*this);
  }

  mqtt::async_client& paho() { return paho_; }
  bool lost() const { return lost_.load(std::memory_order_acquire); }
  std::size_t room() const { return confirmed_.size() - (next_ - first_); }

  void publish(const std::string& topic, std::string_view body, int qos, bool retain) {
    std::atomic<bool>& slot = confirmed_[next_ % confirmed_.size()];
    slot.store(false, std::memory_order_relaxed);
    // counted before: the confirmation may be faster than the return of this call
    ++next_;
    paho_.publish(topic, body.data(), body.size(), qos, retain, &slot, *this);
  }

  std::size_t take_confirmed() {
    const std::size_t before = first_;
    while (first_ != next_ &&
           confirmed_[first_ % confirmed_.size()].load(std::memory_order_acquire))
      ++first_;
    return first_ - before;
  }

  void say_tls(std::string_view line) {
    const std::scoped_lock lock(tls_mutex_);
    // the first line of a failure names its cause
    if (tls_.empty()) tls_.assign(line.substr(0, line.find_last_not_of('\n') + 1));
  }
  FixedText<120> tls() {
    const std::scoped_lock lock(tls_mutex_);
    return tls_;
  }

  // --- on Paho's threads, under its lock: nothing here may wait, allocate much, or throw ---

  void connection_lost(const std::string&) override { lose(); }
  void message_arrived(mqtt::const_message_ptr message) override {
    const auto& payload = message->get_payload_ref();
    const std::string_view bytes =
        payload ? std::string_view(payload.data(), payload.size()) : std::string_view();
    if (!inbox_.push(message->get_topic(), bytes, clock_.now(), message->is_retained()))
      dropped_.add();
    owner_.ring();
  }
  void on_success(const mqtt::token& token) override {
    static_cast<std::atomic<bool>*>(token.get_user_context())
        ->store(true, std::memory_order_release);
    owner_.ring();
  }
  // a publish fails only together with its connection
  void on_failure(const mqtt::token&) override { lose(); }

  void lose() {
    lost_.store(true, std::memory_order_release);
    owner_.ring();
  }

 private:
  MessageQueue& inbox_;
  Counter& dropped_;
  const Clock& clock_;
  Doorbell& owner_;
  std::atomic<bool> lost_{false};
  std::vector<std::atomic<bool>>
      confirmed_;  // of publishes first_..next_, at their number mod size
  std::size_t first_ = 0;
  std::size_t next_ = 0;
  std::mutex tls_mutex_;
  FixedText<120> tls_;
  mqtt::async_client paho_;  // last: goes first, after which no callback comes
};

namespace {

Result<> await(const mqtt::token_ptr& token, Time deadline, const Stop& stop, const Clock& clock,
               const std::string& doing) {
  while (!token->wait_for(glance)) {
    if (stop.requested()) return error(Reason::stopped, "%s: stopped", doing.c_str());
    if (clock.now() >= deadline)
      return error(Reason::unreachable, "%s: no answer in time", doing.c_str());
  }
  return {};
}

mqtt::connect_options connect_options(const BrokerSettings& broker,
                                      const MqttClientSettings& settings, Duration patience) {
  mqtt::connect_options_builder options;
  options.mqtt_version(MQTTVERSION_3_1_1)
      .clean_session(true)
      .automatic_reconnect(false)
      .keep_alive_interval(
          std::chrono::seconds(std::max<Duration>(settings.keep_alive / second, 1)))
      .connect_timeout(std::chrono::seconds(std::max<Duration>(patience / second, 1)))
      .max_inflight(static_cast<int>(settings.in_flight));
  if (!broker.username.empty()) options.user_name(broker.username).password(broker.password);
  if (!settings.will_topic.empty())
    options.will(mqtt::message(settings.will_topic, settings.will, 1, settings.will_retained));
  return options.finalize();
}

mqtt::ssl_options tls_options(const TlsSettings& settings) {
  mqtt::ssl_options tls;
  tls.set_enable_server_cert_auth(true);
  tls.set_verify(true);  // the certificate must be for the host in the address
  tls.set_trust_store(settings.ca);
  if (!settings.certificate.empty()) {
    tls.set_key_store(settings.certificate);
    tls.set_private_key(settings.key);
  }
  return tls;
}

/// OpenSSL loads its own tables with the first TLS connection. Paho would have it load all of them
/// at once, TLS or not: 1.3 MB.
bool keep_openssl_unloaded() {
  MQTTAsync_init_options options = MQTTAsync_init_options_initializer;
  MQTTAsync_global_init(&options);
  return true;
}

}  // namespace

MqttClient::MqttClient(const BrokerSettings& broker, MqttClientSettings settings,
                       Resolver& resolver, const Clock& clock, Doorbell& owner)
    : broker_(broker),
      settings_(std::move(settings)),
      resolver_(resolver),
      clock_(clock),
      owner_(owner),
      inbox_(settings_.largest_payload, settings_.inbox) {
  [[maybe_unused]] static const bool once = keep_openssl_unloaded();
  resolver_.expect(broker_.endpoint.host);
}

MqttClient::~MqttClient() { close(); }

Result<std::string> MqttClient::address(Time deadline, const Stop& stop) {
  const Endpoint& endpoint = broker_.endpoint;
  const auto resolved = resolver_.resolve(endpoint.host, deadline, stop);
  if (!resolved) return resolved.error();
  // TLS keeps the name, which Paho checks against the certificate:
  // docs/decisions/paho-and-tls-names.md
  const std::string_view host =
      endpoint.tls ? std::string_view(endpoint.host) : resolved.value().view();
  return (endpoint.tls ? "ssl://" : "tcp://") + in_brackets(host) + ":" +
         std::to_string(endpoint.port);
}

Result<> MqttClient::connect(Time deadline, const Stop& stop) {
  close();
  const auto where = address(deadline, stop);
  if (!where) return where.error();
  const std::string doing =
      "connecting to " + broker_.endpoint.host + ":" + std::to_string(broker_.endpoint.port);
  try {
    connection_ =
        std::make_unique<Connection>(where.value(), settings_, inbox_, dropped, clock_, owner_);
    auto options = connect_options(broker_, settings_, deadline - clock_.now());
    if (broker_.endpoint.tls) {
      auto tls = tls_options(broker_);
      tls.set_error_handler(
          [to = connection_.get()](const std::string& line) { to->say_tls(line); });
      options.set_ssl(std::move(tls));
    }
    const Result<> done =
        await(connection_->paho().connect(std::move(options)), deadline, stop, clock_, doing);
    // ending Paho's attempt takes 100 ms; that is for close(), not for who waits
    if (!done) connection_->lose();
    return done;
  } catch (const mqtt::exception& thrown) {
    auto tls = connection_ ? connection_->tls() : FixedText<120>();
    // all that Paho says of a certificate for another name is what it says when nobody listens
    if (broker_.endpoint.tls && tls.empty()) tls.assign("no TLS connection with that name");
    connection_.reset();
    return translate(thrown, doing, tls);
  }
}

Result<> MqttClient::subscribe(const std::string& filter, int qos, Time deadline,
                               const Stop& stop) {
  if (const Result<> standing = connected(); !standing) return standing;
  const std::string doing = "subscribing to " + filter;
  try {
    return await(connection_->paho().subscribe(filter, qos), deadline, stop, clock_, doing);
  } catch (const mqtt::exception& thrown) {
    return translate(thrown, doing, {});
  }
}

Result<> MqttClient::publish(const std::string& topic, std::string_view body, int qos,
                             bool retain) {
  if (const Result<> standing = connected(); !standing) return standing;
  if (room() == 0)
    return error(Reason::ring_full, "%zu publishes are under way", settings_.in_flight);
  try {
    connection_->publish(topic, body, qos, retain);
    return {};
  } catch (const mqtt::exception& thrown) {
    close();  // its slot is taken for good
    return translate(thrown, "publishing to " + topic, {});
  }
}

std::size_t MqttClient::room() const { return connection_ ? connection_->room() : 0; }

std::size_t MqttClient::take_confirmed() { return connection_ ? connection_->take_confirmed() : 0; }

Result<> MqttClient::connected() const {
  if (!connection_) return error(Reason::not_connected, "not connected");
  if (connection_->lost())
    return error(Reason::not_connected, "connection to %s:%u lost", broker_.endpoint.host.c_str(),
                 unsigned{broker_.endpoint.port});
  return {};
}

void MqttClient::close() {
  if (!connection_) return;
  try {
    if (!connection_->lost()) connection_->paho().disconnect(farewell)->wait_for(farewell_longest);
  } catch (const mqtt::exception&) {
    // it is gone either way
  }
  connection_.reset();
}

}  // namespace fieldweir
