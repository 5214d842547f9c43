// LocalPublisher: tells programs at the site the newest value of every signal over a broker near
// by: `prefix/<signal name>`, a small JSON object (latest_json.h), QoS 0, retained unless
// configured otherwise; and `prefix/status`, "online" or, by last will, "offline".
//
// Where commands are configured its client also takes those (local_commands.h).
//
// A worker with a thread of its own; the gateway object owns it. Live only, never durable: it has
// no queue. Each pass over LatestValues publishes what changed, so a slow broker sees fewer values
// and nothing waits for it; while the broker is away nothing is kept, and when it is back every
// known value is published once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/backoff.h"
#include "core/latest_values.h"
#include "core/log.h"
#include "core/memory_plan.h"
#include "core/signal_table.h"
#include "core/text_table.h"
#include "transport/mqtt_client.h"
#include "uplink/local.h"
#include "uplink/local_commands.h"

namespace fieldweir {

/// What the publisher borrows. Everything outlives it.
struct LocalContext {
  const SignalTable& signals;
  const TextTable& texts;
  const LatestValues& latest;
  const Clock& clock;
  const Stop& stop;
  Resolver& resolver;
  const Brokers& brokers;
  std::string gateway;
  Random random;
  CommandPort* commands = nullptr;  // nullptr: nothing can be written
};

class LocalPublisher final : public Worker {
 public:
  LocalPublisher(const LocalSettings& settings, const LocalContext& context);
  /// Says "offline" itself if it is connected; takes at most half a second.
  ~LocalPublisher() override;

  static void add_to(MemoryPlan& memory, const LocalSettings& settings, std::size_t signals);
  /// Commands that found no room in the client's inbox; any thread.
  std::uint64_t commands_dropped() const { return client_.dropped.get(); }

  std::string_view name() const override { return "local"; }
  Time turn(Time now) override;
  Duration longest_turn() const override { return 3 * patience; }

 private:
  static constexpr Duration patience = 5 * second;
  static constexpr Duration every = 500 * millisecond;  // between the beginnings of two passes

  bool connect();
  Result<> hear_commands();
  Time failed(const Error& why);
  Result<> publish_changes();
  Result<> publish(SignalId signal, const Reading& reading);

  const LocalContext context_;
  const std::string prefix_;
  const bool retain_;
  std::optional<LocalCommands> commands_;
  MqttClient client_;
  Backoff backoff_;
  LogLimit failure_limit_;
  bool connected_ = false;
  Time next_attempt_ = 0;
  Time next_pass_ = 0;
  SignalId next_signal_ = 0;         // where the present pass goes on
  std::vector<std::uint32_t> told_;  // the version published last; 0: none since connecting
  std::string topic_;                // reused
};

}  // namespace fieldweir
