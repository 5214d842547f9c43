#include "drivers/bus_worker.h"

#include <gtest/gtest.h>

#include <deque>

#include "tests/support/fake_clock.h"

namespace fieldweir {
namespace {

/// Does what the test says; polls every second and puts one reading unless told otherwise.
class Scripted final : public Driver {
 public:
  Scripted(FakeClock& clock, SignalId signal) : clock_(clock), signal_(signal) {}

  Result<> open(Time, const Stop&) override {
    ++opens;
    clock_.advance(cost);
    if (refuses) return error(Reason::not_connected, "refused");
    return {};
  }
  Result<Time> poll(Time now, Time deadline, Sink& sink, const Stop&) override {
    ++polls;
    EXPECT_EQ(deadline, now + patience());
    clock_.advance(cost);
    story += 'p';
    polled.add();
    if (fails) return error(Reason::timeout, "silence");
    if (sink.room() < 1) {
      skipped.add();
    } else {
      sink.put(int64_reading(signal_, clock_.now(), polls));
    }
    return waits_for_bell ? never : now + second;
  }
  void close() override { ++closes; }
  bool opens_here() const override { return here; }
  Result<Reading> write(std::size_t signal, const Reading& value, Time deadline,
                        const Stop&) override {
    story += 'w';
    EXPECT_EQ(signal, 0u);
    last_deadline = deadline;
    clock_.advance(cost);
    if (fails) return error(Reason::timeout, "silence");
    Reading back = value;
    back.time = clock_.now();
    return back;
  }
  double polls_per_second() const override { return 1; }

  bool refuses = false;
  bool here = false;
  bool fails = false;
  bool waits_for_bell = false;
  Duration cost = 0;
  int opens = 0;
  int polls = 0;
  int closes = 0;
  std::string story;  // p: polled, w: written
  Time last_deadline = 0;

 private:
  FakeClock& clock_;
  const SignalId signal_;
};

class BusWorkerTest : public testing::Test {
 protected:
  Scripted& add(std::string name, std::size_t signals = 1) {
    const auto first = static_cast<SignalId>(table_.size());
    for (std::size_t i = 0; i <= signals; ++i) {
      SignalTable::Signal signal;
      signal.name.assign(name + "." + (i < signals ? std::to_string(i) : "online"));
      table_.define(signal);
    }
    auto driver = std::make_unique<Scripted>(clock_, first);
    Scripted& scripted = *driver;
    worker_.add(std::move(driver), name, first, signals, first + static_cast<SignalId>(signals));
    return scripted;
  }

  /// Turns whenever due, for `duration`; time passes only by waiting and by what drivers cost.
  void run(Duration duration) {
    const Time end = clock_.now() + duration;
    for (int turns = 0; turns < 1'000'000; ++turns) {
      const Time due = worker_.turn(clock_.now());
      clock_.set(std::max(clock_.now(), std::min(due, end)));
      if (clock_.now() >= end) return;
    }
    FAIL() << "the worker does not come to rest";
  }

  std::vector<Reading> drain() {
    std::vector<Reading> out(ring_.capacity());
    out.resize(ring_.pop(out));
    return out;
  }
  std::vector<Reading> of(SignalId signal, const std::vector<Reading>& all) {
    std::vector<Reading> out;
    std::ranges::copy_if(all, std::back_inserter(out),
                         [&](const Reading& r) { return r.signal == signal; });
    return out;
  }

  void command(std::uint64_t number, SignalId signal, Time expires = never) {
    commands_.commands.push({number, float64_reading(signal, clock_.now(), 5), expires});
  }
  Outcome outcome() {
    Outcome out;
    EXPECT_EQ(commands_.outcomes.pop({&out, 1}), 1u);
    return out;
  }

  Doorbell commands_bell_;
  BusCommands commands_{commands_bell_};
  FakeClock clock_;
  SignalTable table_{32};
  Stop stop_;
  Doorbell pipeline_;
  Ring<Reading> ring_{1024};
  BusWorker worker_{"bus test", table_, clock_, stop_, ring_, pipeline_, Random(1)};
};

TEST_F(BusWorkerTest, AHealthyDeviceIsPolledOnTimeAndSaysOnlineOnce) {
  Scripted& device = add("a");
  run(10 * second);
  EXPECT_EQ(device.opens, 1);
  EXPECT_NEAR(device.polls, 10, 1);
  const auto all = drain();
  const auto online = of(1, all);
  ASSERT_EQ(online.size(), 1u);
  EXPECT_TRUE(online[0].as_boolean());
  EXPECT_EQ(of(0, all).size(), static_cast<std::size_t>(device.polls));
  EXPECT_TRUE(pipeline_.answer());
  const DeviceStatus status = worker_.status().at(0);
  EXPECT_EQ(status.device, "a");
  EXPECT_EQ(status.state, DeviceState::online);
  EXPECT_EQ(status.polls, static_cast<std::uint64_t>(device.polls));
  EXPECT_EQ(worker_.account().sampled.get(), all.size());
}

TEST_F(BusWorkerTest, ADeviceThatNeverWasThereIsBadOnceAndThenOncePerMinute) {
  add("a", 2).refuses = true;
  run(5 * minute - second);
  const auto all = drain();
  EXPECT_EQ(of(0, all).size(), 5u);
  EXPECT_EQ(of(1, all).size(), 5u);
  EXPECT_EQ(of(2, all).size(), 5u);
  for (const Reading& reading : of(0, all)) {
    EXPECT_EQ(reading.quality, Quality::bad);
    EXPECT_EQ(reading.reason, Reason::not_connected);
    EXPECT_EQ(reading.kind, Kind::none);
  }
  for (const Reading& reading : of(2, all)) EXPECT_FALSE(reading.as_boolean());
  const DeviceStatus status = worker_.status().at(0);
  EXPECT_EQ(status.state, DeviceState::offline);
  EXPECT_EQ(status.last_error.text.view(), "refused");
  EXPECT_GT(status.errors[static_cast<std::size_t>(Reason::not_connected)], 5u);
  EXPECT_EQ(status.last_good, 0);
}

TEST_F(BusWorkerTest, AFailureIsClosedBackedOffAndForgottenOnReturn) {
  Scripted& device = add("a");
  run(3 * second);
  drain();
  device.fails = true;
  run(2 * second);
  auto all = drain();
  ASSERT_EQ(of(1, all).size(), 1u);
  EXPECT_FALSE(of(1, all)[0].as_boolean());
  EXPECT_EQ(of(0, all).back(), bad_reading(0, of(0, all).back().time, Reason::timeout));
  EXPECT_GE(device.closes, 1);
  device.fails = false;
  run(minute);
  all = drain();
  ASSERT_EQ(of(1, all).size(), 1u);
  EXPECT_TRUE(of(1, all)[0].as_boolean());
  EXPECT_EQ(worker_.status().at(0).state, DeviceState::online);
  run(2 * minute);  // no more marks
  EXPECT_TRUE(of(1, drain()).empty());
}

TEST_F(BusWorkerTest, APortOfThisMachineIsFoundAgainWithinSeconds) {
  Scripted& device = add("a");
  device.here = device.refuses = true;
  run(10 * minute);  // a back-off would be up to a minute now
  device.refuses = false;
  device.opens = 0;
  run(2 * second);
  EXPECT_EQ(device.opens, 1);
}

TEST_F(BusWorkerTest, ADeadDeviceCostsItsBusOneTimeoutPerBackOff) {
  Scripted& dead = add("dead");
  Scripted& healthy = add("healthy");
  dead.fails = true;
  dead.cost = 400 * millisecond;
  const int minutes = 20;
  int marked = 0;
  for (int i = 0; i < minutes; ++i) {
    run(minute);
    marked += static_cast<int>(of(0, drain()).size());
  }
  EXPECT_LE(dead.polls, 12 + minutes * 2 + 20);  // waits average half a minute
  EXPECT_GE(healthy.polls, minutes * 60 * 95 / 100);
  EXPECT_NEAR(marked, minutes, 1);
}

TEST_F(BusWorkerTest, AFullRingSkipsPollsAndDelaysMarks) {
  Scripted& device = add("a", 3);
  run(2 * second);
  const Reading filler = int64_reading(0, 0, 0);
  while (ring_.push(filler)) {
  }
  run(5 * second);
  EXPECT_NEAR(static_cast<double>(worker_.status().at(0).skipped), 5, 1);
  device.fails = true;
  run(5 * second);
  EXPECT_EQ(worker_.account().lost.total(), 0u);
  drain();
  run(second);
  const auto all = drain();
  for (SignalId id = 0; id < 3; ++id) EXPECT_EQ(of(id, all).size(), 1u);
  EXPECT_FALSE(of(3, all).at(0).as_boolean());
}

TEST_F(BusWorkerTest, ADriverThatWaitsForTheBellIsAskedAtEachTurnOnly) {
  Scripted& device = add("a");
  device.waits_for_bell = true;
  worker_.turn(clock_.now());  // opens
  EXPECT_EQ(worker_.turn(clock_.now()), never);
  EXPECT_EQ(device.polls, 1);
  EXPECT_EQ(worker_.turn(clock_.now()), never);
  EXPECT_EQ(device.polls, 2);
}

TEST_F(BusWorkerTest, MarksOnlySignalsThatHaveTheirName) {
  const SignalId reserved = table_.reserve(3, {});
  table_.claim(reserved + 1, "rooms.kitchen");
  SignalTable::Signal online;
  online.name = std::string_view("rooms.online");
  const SignalId health = table_.define(online);
  auto driver = std::make_unique<Scripted>(clock_, reserved);
  driver->refuses = true;
  worker_.add(std::move(driver), "rooms", reserved, 3, health);
  run(second);
  const auto all = drain();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].signal, reserved + 1);
  EXPECT_EQ(all[1].signal, health);
}

TEST_F(BusWorkerTest, ACommandComesBeforePollsThatAreDueAndItsValueAtOnce) {
  Scripted& device = add("a");
  worker_.obey(commands_);
  run(2 * second);
  drain();
  device.story.clear();
  clock_.advance(second);  // a poll is due
  command(7, 0);
  command(8, 0);
  run(millisecond);
  EXPECT_EQ(device.story, "wpw");  // and polls go on between many
  EXPECT_TRUE(commands_bell_.answer());
  const Outcome first = outcome();
  EXPECT_EQ(first.number, 7u);
  EXPECT_EQ(first.error.reason, Reason::none);
  EXPECT_EQ(outcome().number, 8u);
  EXPECT_EQ(drain().at(0), first.read_back);
}

TEST_F(BusWorkerTest, ACommandWaitsForTheRequestUnderWayOnly) {
  Scripted& slow = add("slow");
  Scripted& other = add("other");
  worker_.obey(commands_);
  run(2 * second);
  slow.cost = other.cost = 300 * millisecond;  // more than there is time for: always late
  run(3 * second);
  slow.story.clear();
  other.story.clear();
  worker_.turn(clock_.now());  // a request, while which the command comes
  EXPECT_EQ(slow.story + other.story, "p");
  command(1, 2);
  const Time before = clock_.now();
  worker_.turn(before);
  EXPECT_EQ(other.story.substr(other.story.find('w'), 1), "w");
  EXPECT_EQ(outcome().read_back.time, before + other.cost);
}

TEST_F(BusWorkerTest, ACommandToADeviceThatIsAwayFailsAtOnce) {
  Scripted& device = add("a");
  worker_.obey(commands_);
  device.refuses = true;
  run(second);
  command(1, 0);
  worker_.turn(clock_.now());
  EXPECT_EQ(device.story, "");
  EXPECT_EQ(outcome().error.reason, Reason::not_connected);
}

TEST_F(BusWorkerTest, ACommandIsNotWrittenAfterItsTime) {
  Scripted& device = add("a");
  worker_.obey(commands_);
  run(2 * second);
  device.story.clear();
  command(1, 0, clock_.now());
  worker_.turn(clock_.now());
  EXPECT_EQ(device.story.find('w'), std::string::npos);
  EXPECT_EQ(outcome().error.reason, Reason::expired);
  command(2, 0, clock_.now() + 10);  // nor sent again
  worker_.turn(clock_.now());
  EXPECT_EQ(device.last_deadline, clock_.now() + 10);
  EXPECT_EQ(outcome().error.reason, Reason::none);
  device.fails = true;
  command(3, 0);
  worker_.turn(clock_.now());
  EXPECT_EQ(outcome().error.reason, Reason::timeout);
}

TEST_F(BusWorkerTest, SaysPaceAndLatencyOfADevice) {
  Scripted& device = add("a");
  device.cost = 40 * millisecond;
  run(90 * second);
  device.cost = 400 * millisecond;
  run(10 * second);
  const DeviceStatus status = worker_.status().at(0);
  EXPECT_DOUBLE_EQ(status.requested, 1);
  EXPECT_NEAR(status.achieved, 1, 0.02);
  EXPECT_GE(status.p50, 40 * millisecond);
  EXPECT_LE(status.p50, 50 * millisecond);
  EXPECT_GE(status.p99, 400 * millisecond);
  EXPECT_LE(status.p99, 500 * millisecond);
}

TEST(LatencyHistogram, IsNeverTooLowAndForgetsWhatIsLongPast) {
  LatencyHistogram latency;
  EXPECT_EQ(latency.percentile(0.5), 0);
  for (const Duration d : {Duration{1}, 65 * microsecond, millisecond, 7 * millisecond, second}) {
    LatencyHistogram one;
    one.add(d);
    EXPECT_GE(one.percentile(0.5), d);
    EXPECT_LE(one.percentile(0.99), std::max<Duration>(d + d / 4, 82 * microsecond));
  }
  LatencyHistogram endless;
  endless.add(never);
  EXPECT_GT(endless.percentile(0.5), minute);
  for (int i = 0; i < 1000; ++i) latency.add(second);
  for (int i = 0; i < 20'000; ++i) latency.add(millisecond);
  EXPECT_LT(latency.percentile(0.99), 2 * millisecond);
}

TEST_F(BusWorkerTest, RestsWhenStopped) {
  Scripted& device = add("a");
  stop_.request();
  EXPECT_EQ(worker_.turn(clock_.now()), never);
  EXPECT_EQ(device.opens, 0);
  EXPECT_TRUE(drain().empty());
}

}  // namespace
}  // namespace fieldweir
