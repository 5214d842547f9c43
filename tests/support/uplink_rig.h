// uplink_rig: a real uplink with its delivery worker, over a log in memory; what all tests of
// uplinks against far sides in processes of their own share.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/support/eventually.h"
#include "tests/support/memory_log.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"
#include "uplink/delivery.h"

namespace fieldweir {

class UplinkRig : public testing::Test {
 protected:
  using SeqsByKey = std::map<std::string, std::vector<std::uint64_t>>;

  explicit UplinkRig(std::initializer_list<std::string_view> names)
      : signals(names), signal_count(names.size()) {}

  void TearDown() override {
    EXPECT_FALSE(log.misused());
    stop.request();  // whatever the uplink waits for
    thread.reset();
    delivery.reset();
  }

  void deliver(const UplinkKind& kind, const UplinkSettings& settings) {
    delivery.emplace(
        settings, "packing-7", 100,
        [&](Doorbell& bell) {
          return kind.make(settings, {clock, resolver, brokers, "packing-7", bell});
        },
        log, clock, stop, Random(1));
    thread.emplace(*delivery, clock);
  }
  /// Batches with a reading of each signal.
  void add(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t seq = from; seq <= to; ++seq) {
      std::vector<Reading> readings;
      for (std::uint32_t id = 0; id < signal_count; ++id)
        readings.push_back(float64_reading(id, clock.now(), double(seq)));
      log.add(signals.batch({0xAB, 3, seq}, readings));
    }
    if (delivery) delivery->doorbell().ring();
  }

  bool delivered_through(std::uint64_t seq) {
    return eventually([&] { return log.acknowledged().seq >= seq; }, std::chrono::seconds(40));
  }
  bool reaches(DeliveryState state) {
    return eventually([&] { return delivery->status().state == state; }, std::chrono::seconds(20));
  }
  std::string last_error() { return std::string(delivery->status().last_error.text.view()); }

  static std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t n = from; n <= to; ++n) all.push_back(n);
    return all;
  }
  /// Each of three devices has everything up to `through`, in order.
  static void expect_all(const SeqsByKey& order, std::uint64_t through) {
    ASSERT_EQ(order.size(), 3u);
    for (const auto& [key, seqs] : order) EXPECT_EQ(seqs, numbers(1, through)) << key;
  }

  TempDir folder;
  SystemClock clock;
  Stop stop;
  Resolver resolver{clock};
  Brokers brokers;
  Signals signals;
  const std::size_t signal_count;
  MemoryLog log;
  std::optional<Delivery> delivery;
  std::optional<WorkerThread> thread;
};

/// With one of the far sides of tests/support that take --port, --record and --orders.
class SinkRig : public UplinkRig {
 protected:
  using UplinkRig::UplinkRig;

  void launch_sink(const std::string& script, const std::vector<std::string>& more) {
    std::vector<std::string> command = {"/usr/bin/python3", FIELDWEIR_TESTS "/support/" + script,
                                        "--port",           std::to_string(port),
                                        "--record",         folder.file("record"),
                                        "--orders",         folder.file("orders")};
    command.insert(command.end(), more.begin(), more.end());
    sink.emplace(command, folder.file("sink.log"));
  }
  void start_sink(const std::string& script, const std::vector<std::string>& more) {
    launch_sink(script, more);
    ASSERT_TRUE(eventually([this] { return listening(port); })) << sink->output();
  }
  void order(const std::string& lines) { std::ofstream(folder.file("orders")) << lines; }

  std::vector<nlohmann::json> record() const {
    std::vector<nlohmann::json> entries;
    std::ifstream file(folder.file("record"));
    for (std::string line; std::getline(file, line);)
      entries.push_back(nlohmann::json::parse(line));
    return entries;
  }

  const int port = free_port();
  std::optional<Process> sink;
};

}  // namespace fieldweir
