#include "transport/resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/process.h"

namespace fieldweir {
namespace {

Duration elapsed(const Clock& clock, Time since) { return clock.now() - since; }

TEST(Resolver, AnswersLiteralAddressesWithoutItsThread) {
  SystemClock clock;
  Stop stop;
  Resolver resolver(clock);
  for (const char* literal : {"192.0.2.10", "::1", "2001:db8::1"}) {
    resolver.expect(literal);
    const auto answer = resolver.resolve(literal, clock.now(), stop);
    ASSERT_TRUE(answer) << literal;
    EXPECT_EQ(answer.value().view(), literal);
  }
}

TEST(Resolver, PrefersTheIpv4AddressOfLocalhost) {
  if (!knows_localhost()) GTEST_SKIP() << "this system does not know localhost";
  SystemClock clock;
  Stop stop;
  Resolver resolver(clock);
  resolver.expect("localhost");
  WorkerThread thread(resolver, clock);
  const auto answer = resolver.resolve("localhost", clock.now() + 10 * second, stop);
  ASSERT_TRUE(answer) << answer.error().text.view();
  EXPECT_EQ(answer.value().view(), "127.0.0.1");
}

TEST(Resolver, SaysWhyANameIsNotFound) {
  SystemClock clock;
  Stop stop;
  Resolver resolver(clock, [](const std::string& host) -> Result<Resolver::Address> {
    return error(Reason::unreachable, "no such %s", host.c_str());
  });
  resolver.expect("broker");
  WorkerThread thread(resolver, clock);
  const auto answer = resolver.resolve("broker", clock.now() + 10 * second, stop);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, Reason::unreachable);
  EXPECT_EQ(answer.error().text.view(), "no such broker");
}

// One name hangs: its caller leaves at his deadline, a stop request frees him sooner, and a name
// that is in the cache is still answered.
TEST(Resolver, ALookupThatHangsHoldsNobodyBeyondHisDeadline) {
  SystemClock clock;
  Stop stop;
  std::atomic<bool> release{false};
  std::atomic<bool> hanging{false};
  Resolver resolver(clock, [&](const std::string& host) -> Result<Resolver::Address> {
    if (host == "hangs") {
      hanging = true;
      eventually([&] { return release.load(); }, std::chrono::seconds(30));
    }
    return Resolver::Address("192.0.2.1");
  });
  resolver.expect("hangs");
  resolver.expect("known");
  WorkerThread thread(resolver, clock);
  ASSERT_TRUE(resolver.resolve("known", clock.now() + 10 * second, stop));

  Time start = clock.now();
  const auto late = resolver.resolve("hangs", start + 200 * millisecond, stop);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason, Reason::unreachable);
  EXPECT_LT(elapsed(clock, start), 10 * second);  // not as long as the lookup
  EXPECT_TRUE(hanging);

  EXPECT_TRUE(resolver.resolve("known", clock.now() + second, stop));

  std::thread stopper([&] { stop.request(); });
  start = clock.now();
  const auto stopped = resolver.resolve("hangs", start + 20 * second, stop);
  EXPECT_LT(elapsed(clock, start), 10 * second);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().reason, Reason::stopped);
  stopper.join();
  release = true;
}

TEST(Resolver, RefreshesAfterAMinuteInTheBackgroundAndKeepsTheLastGoodAnswer) {
  FakeClock clock;
  Stop stop;
  std::atomic<int> lookups{0};
  Resolver resolver(clock, [&](const std::string&) -> Result<Resolver::Address> {
    const int n = ++lookups;
    if (n == 2) return error(Reason::unreachable, "no answer");
    return Resolver::Address(n == 1 ? "192.0.2.1" : "192.0.2.3");
  });
  resolver.expect("broker");
  const auto resolve = [&] {
    const auto answer = resolver.resolve("broker", clock.now() + second, stop);
    return answer ? std::string(answer.value().view()) : "failed";
  };
  {
    WorkerThread thread(resolver, clock);
    EXPECT_EQ(resolve(), "192.0.2.1");
    clock.advance(59 * second);
    EXPECT_EQ(resolve(), "192.0.2.1");
  }
  // from here on the test is the thread
  resolver.turn(clock.now());
  EXPECT_EQ(lookups, 1);
  clock.advance(2 * second);
  EXPECT_EQ(resolve(), "192.0.2.1");  // at once, though nobody looks it up now
  resolver.turn(clock.now());
  EXPECT_EQ(lookups, 2);
  EXPECT_EQ(resolve(), "192.0.2.1");  // the refresh failed
  clock.advance(61 * second);
  EXPECT_EQ(resolve(), "192.0.2.1");
  resolver.turn(clock.now());
  EXPECT_EQ(resolve(), "192.0.2.3");
  EXPECT_EQ(resolver.turn(clock.now()), never);
}

}  // namespace
}  // namespace fieldweir
