// An allocation fails, whichever it is. While starting: an error, and the next start is as if
// nothing had been. While running: the process may end, as the worker's thread would end it, and
// that costs nothing that was accepted.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <set>

#include "daemon/gateway.h"
#include "tests/allocation/counting_malloc.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {
namespace {

constexpr const char* configuration = R"(version: 1
gateway: {id: short}
devices:
  - name: boiler
    simulate: {interval: 500ms, seed: 1}
    signals:
      - {name: supply, wave: sine, mean: 60, amplitude: 12, period: 1m, noise: 0.3}
buffer: {path: "${env:FIELDWEIR_ALLOCATION}", persist_after: 1s}
uplinks:
  - {name: cloud, https: {url: "https://cloud.example.com/"}}
)";

/// Where everything goes, unless it is away.
struct FarEnd {
  bool away = true;
  std::set<Position> taken;
};
FarEnd far_end;

class Destination final : public Uplink {
 public:
  Result<> connect(Time, const Stop&) override {
    if (far_end.away) return error(Reason::unreachable, "away");
    return {};
  }
  Sent send(std::span<const Message> window, Time now, const Stop&) override {
    if (far_end.away) return {0, Verdict::retry, now, error(Reason::unreachable, "away")};
    for (const Message& message : window) far_end.taken.insert(message.position);
    return {window.size(), Verdict::ok, 0, {}};
  }
  void close() override {}
  std::size_t in_flight_limit() const override { return 8; }
  Duration patience() const override { return second; }
};

const UplinkKind destination = {
    .key = "destination",
    .read = nullptr,
    .make =
        [](const UplinkSettings&, const UplinkContext&) {
          return std::unique_ptr<Uplink>(std::make_unique<Destination>());
        },
    .fields = nullptr};

class OutOfMemory : public testing::Test {
 protected:
  OutOfMemory() {
    setenv("FIELDWEIR_ALLOCATION", folder_.file("journal.db").c_str(), 1);
    far_end = {};
    clock_.set(FakeClock::start);
    settings_ = load();
    for (Settings::Uplink& uplink : settings_.uplinks) uplink.kind = &destination;
  }
  static Settings load() {
    config::Mistakes mistakes;
    Settings settings = load_settings_text("short", configuration, mistakes);
    EXPECT_TRUE(mistakes.empty()) << mistakes.text();
    return settings;
  }

  /// False: it ran out of memory.
  template <class Work>
  static bool survives(const Work& work) {
    start_counting();
    try {
      work();
    } catch (const std::bad_alloc&) {
      stop_counting();
      return false;
    }
    stop_counting();
    return true;
  }

  std::unique_ptr<Gateway> build() {
    return std::make_unique<Gateway>(settings_, clock_, Random(++seed_));
  }
  /// Turns all workers. A gateway that runs out of memory is gone, as after a power cut.
  void run(std::unique_ptr<Gateway>& gateway, Duration duration) {
    std::map<Worker*, Time> due;
    for (const Time end = clock_.now() + duration; clock_.now() < end;
         clock_.advance(50 * millisecond))
      for (Worker* worker : gateway->workers()) {
        if (!worker->doorbell().answer() && due[worker] > clock_.now()) continue;
        if (survives([&] { due[worker] = worker->turn(clock_.now()); })) continue;
        ++ended_;
        gateway.reset();
        gateway = build();
        return run(gateway, end - clock_.now());
      }
  }
  static constexpr Duration stretch = 3 * second;

  TempDir folder_{TempDir::in_memory};
  FakeClock clock_;
  Settings settings_;
  std::uint64_t seed_ = 0;
  int ended_ = 0;
};

/// Short: some at the front, where everything is different, and every k-th behind.
std::size_t after(std::size_t n) {
  return n + (std::getenv("FIELDWEIR_LONG") != nullptr || n < 30 ? 1 : 1 + n / 12);
}

TEST_F(OutOfMemory, ReadingTheConfigurationEndsWithAnError) {
  bool whole = false;
  int failures = 0;
  for (std::size_t n = 0; !whole; n = after(n)) {
    fail_after(n);
    whole = survives([] { static_cast<void>(load()); });
    failures += whole ? 0 : 1;
  }
  fail_after(SIZE_MAX);
  EXPECT_GT(failures, 30);
}

TEST_F(OutOfMemory, AStartThatFailsChangesNothing) {
  auto gateway = build();
  run(gateway, 10 * second);
  ASSERT_TRUE(gateway->finish_log());
  const std::uint64_t queued = gateway->log().uplink_totals(0).queued;
  ASSERT_GT(queued, 10u);
  gateway.reset();
  std::size_t allocations = 0;
  for (std::size_t n = 0; n <= allocations; n = after(n)) {
    fail_after(n);
    survives([&] { gateway = build(); });
    fail_after(SIZE_MAX);
    gateway.reset();
    start_counting();
    gateway = build();
    allocations = stop_counting();
    EXPECT_EQ(gateway->log().uplink_totals(0).queued, queued) << n;
    EXPECT_EQ(gateway->log().status().journal.problem, Reason::none) << n;
    gateway.reset();
  }
  EXPECT_GT(allocations, 100u);
}

// Appending, sending, and draining a backlog; in the midst of it a new run takes over, as with a
// reload.
TEST_F(OutOfMemory, WhileRunningCostsNothingThatWasAccepted) {
  int ended = 0;
  for (std::size_t n = 0; n < 500; n = after(n)) {  // of each turn
    far_end = {};
    TempDir folder{TempDir::in_memory};
    settings_.buffer.path = folder.file("journal.db");
    auto gateway = build();
    run(gateway, stretch);
    ended_ = 0;
    fail_after(n);
    run(gateway, stretch);  // away: everything goes to the journal
    far_end.away = false;
    run(gateway, stretch);
    fail_after(SIZE_MAX);
    if (ended_ == 0) {
      ASSERT_TRUE(gateway->finish_log()) << n;
      gateway.reset();
      gateway = build();
    }
    run(gateway, 2 * minute);
    const UplinkTotals totals = gateway->log().uplink_totals(0);
    EXPECT_TRUE(totals.balanced()) << n;
    EXPECT_TRUE(ended_ > 0 || totals.dropped_total() == 0) << n;
    EXPECT_EQ(gateway->log().status().journal.problem, Reason::none) << n;
    // every position of each run up to the last one that arrived is there
    std::map<std::uint32_t, std::uint64_t> newest;
    std::map<std::uint32_t, std::uint64_t> count;
    for (const Position& position : far_end.taken) {
      newest[position.epoch] = std::max(newest[position.epoch], position.seq);
      ++count[position.epoch];
    }
    EXPECT_EQ(newest, count) << n;
    EXPECT_GE(newest.size(), 2u);
    if (HasFailure()) break;
    ended += ended_;
  }
  EXPECT_GT(ended, 0);
}

}  // namespace
}  // namespace fieldweir
