// delivery_rig: a delivery over a log in memory, with an uplink that answers as the test says.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/support/fake_clock.h"
#include "tests/support/memory_log.h"
#include "uplink/delivery.h"

namespace fieldweir {

/// Answers as told; by default everything is safe at once.
class ScriptedUplink final : public Uplink {
 public:
  struct Script {
    std::deque<Sent> answers;
    std::deque<Result<>> connections;
    std::function<bool(const nlohmann::json&)> refuses;  // for ever
    std::vector<std::vector<std::string>> windows;       // bodies, per send()
    std::vector<nlohmann::json> taken;                   // while `refuses` is set
    Result<> standing;                                   // what attend() says
    int connects = 0;
    int closes = 0;
    std::size_t limit = 4;
  };
  explicit ScriptedUplink(Script& script) : script_(script) {}

  Result<> connect(Time, const Stop&) override {
    ++script_.connects;
    if (script_.connections.empty()) return {};
    const Result<> result = script_.connections.front();
    script_.connections.pop_front();
    return result;
  }
  Sent send(std::span<const Message> window, Time, const Stop&) override {
    auto& bodies = script_.windows.emplace_back();
    for (const Message& message : window) bodies.emplace_back(message.body);
    if (script_.answers.empty()) return judge(window);
    const Sent sent = script_.answers.front();
    script_.answers.pop_front();
    return sent;
  }
  Result<> attend() override { return script_.standing; }
  void close() override { ++script_.closes; }
  std::size_t in_flight_limit() const override { return script_.limit; }
  Duration patience() const override { return second; }

 private:
  Sent judge(std::span<const Message> window) const {
    if (!script_.refuses) return {.safe = window.size()};
    std::size_t safe = 0;
    for (const Message& message : window) {
      const auto body = nlohmann::json::parse(message.body);
      if (script_.refuses(body)) return {safe, Verdict::poison, 0, error(Reason::refused, "422")};
      script_.taken.push_back(body);
      ++safe;
    }
    return {.safe = safe};
  }
  Script& script_;
};

class DeliveryTest : public testing::Test {
 protected:
  DeliveryTest() { settings.name = "lake"; }
  ~DeliveryTest() override { EXPECT_FALSE(log.misused()); }

  void add(std::uint64_t seq, std::vector<SignalId> ids, Lane lane = Lane::telemetry) {
    std::vector<Reading> readings;
    for (const SignalId id : ids)
      readings.push_back(float64_reading(id, FakeClock::start, double(seq)));
    log.add(signals.batch({7, epoch, seq}, readings, lane));
  }
  Delivery& delivery() {
    if (!delivery_)
      delivery_.emplace(
          settings, "g", 100,
          [this](Doorbell&) { return std::make_unique<ScriptedUplink>(script); }, log, clock, stop,
          Random(1));
    return *delivery_;
  }
  void restart() { delivery_.reset(); }

  /// Turns until it wants to wait; how long.
  Duration settle() {
    for (int turns = 0; turns < 10'000; ++turns) {
      const Time due = delivery().turn(clock.now());
      if (due == never) return never;
      if (due > clock.now()) return due - clock.now();
    }
    ADD_FAILURE() << "never rests";
    return 0;
  }
  /// seq of each message of each send(), e.g. "1 2|2 3".
  std::string sent() const {
    std::string text;
    for (const auto& window : script.windows) {
      if (!text.empty()) text += '|';
      for (std::size_t i = 0; i < window.size(); ++i)
        text += (i > 0 ? " " : "") + nlohmann::json::parse(window[i])["seq"].dump();
    }
    return text;
  }
  Position acknowledged(Lane lane = Lane::telemetry) { return log.acknowledged(lane); }

  std::uint32_t epoch = 1;
  FakeClock clock;
  Stop stop;
  Signals signals{"boiler.temp", "press.force"};
  UplinkSettings settings;
  ScriptedUplink::Script script;
  MemoryLog log;
  std::optional<Delivery> delivery_;
};

}  // namespace fieldweir
