#include "drivers/modbus/rtu_link.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <thread>

#include "tests/support/eventually.h"
#include "tests/support/modbus_fault_server.h"
#include "tests/support/rtu_unit.h"

namespace fieldweir {
namespace {

using Bytes = RtuUnit::Bytes;
using Steps = std::vector<RtuUnit::Step>;
using enum ModbusFunction;

constexpr Duration timeout = 80 * millisecond;
constexpr Duration grace = 150 * millisecond;  // a busy machine's; a second timeout is more
const ModbusRequest ten{3, read_holding, 100, 10};

Bytes joined(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class ModbusRtuLinkTest : public testing::TestWithParam<RtuUnit::Line> {
 protected:
  ModbusRtuLinkTest() : unit_(GetParam()) {
    endpoint_.serial = unit_.path();
    endpoint_.baud = 115'200;
    endpoint_.host = "127.0.0.1";
    endpoint_.port = static_cast<std::uint16_t>(unit_.port());
    endpoint_.framing = ModbusFraming::rtu;
    connect();
  }
  void connect() { link_ = make_modbus_link(endpoint_, resolver_, clock_); }
  bool serial() const { return GetParam() == RtuUnit::Line::pseudo_terminal; }

  /// Asks when the unit may be asked; whether good data came. Wrong ones never do.
  bool good_read(ModbusRequest request = ten, Reason* why = nullptr) {
    const Duration quiet = link_->quiet_until(request.unit) - clock_.now();
    if (quiet > 0) poll(nullptr, 0, static_cast<int>(quiet / millisecond) + 1);
    const Time start = clock_.now();
    const Result<ModbusAnswer> answer = link_->ask(request, start + timeout, stop_);
    EXPECT_LE(clock_.now() - start, timeout + grace);
    if (why != nullptr) *why = answer ? Reason::none : answer.error().reason;
    if (!answer || answer.value().exception != 0) return false;
    for (std::uint16_t i = 0; i < request.count; ++i)
      EXPECT_EQ(big_endian(answer.value().data, 2u * i),
                ModbusFaultServer::value(static_cast<std::uint16_t>(request.address + i),
                                         unit_.requests()));
    return true;
  }
  void say(std::function<Bytes(const Bytes& request, const Bytes& answer)> what) {
    unit_.set([what](const Bytes& request, std::uint32_t n) {
      return Steps{{0, what(request, RtuUnit::answer(request, n))}};
    });
  }
  void say_the_right_thing() {
    say([](const Bytes&, const Bytes& answer) { return answer; });
  }

  SystemClock clock_;
  Resolver resolver_{clock_};
  Stop stop_;
  RtuUnit unit_;
  ModbusEndpoint endpoint_;
  std::unique_ptr<ModbusLink> link_;
};

TEST_P(ModbusRtuLinkTest, Reads) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(good_read());
  EXPECT_EQ(link_->discarded.get(), 0u);
  EXPECT_EQ(unit_.connections(), serial() ? 0u : 1u);
}

TEST_P(ModbusRtuLinkTest, WritesAndIdentifies) {
  const Bytes one = {1}, value = {0x12, 0x34}, values = {0, 1, 0, 2};
  for (const ModbusRequest& request :
       {ModbusRequest{3, write_coil, 7, 1, one}, ModbusRequest{3, write_register, 7, 1, value},
        ModbusRequest{3, write_coils, 7, 5, one}, ModbusRequest{3, write_registers, 7, 2, values}})
    EXPECT_TRUE(link_->ask(request, clock_.now() + timeout, stop_));
  say([](const Bytes&, const Bytes&) {
    return RtuUnit::with_checksum({3, 0x2B, 14, 1, 1, 0, 0, 1, 0, 2, 'h', 'i'});
  });
  EXPECT_TRUE(link_->ask({3, identify, 0, 1}, clock_.now() + timeout, stop_));
}

TEST_P(ModbusRtuLinkTest, NoBadAnswerBecomesAValueOrLasts) {
  struct Case {
    const char* name;
    std::function<Bytes(const Bytes& request, Bytes answer)> what;
    Reason reason;
  };
  const auto resum = [](Bytes frame) {
    frame.resize(frame.size() - 2);
    return RtuUnit::with_checksum(frame);
  };
  const Case cases[] = {
      {"silence", [](const Bytes&, Bytes) { return Bytes{}; }, Reason::timeout},
      {"checksum", [](const Bytes&, Bytes a) { return ++a.back(), a; }, Reason::bad_response},
      {"value", [](const Bytes&, Bytes a) { return a[5] ^= 16, a; }, Reason::bad_response},
      {"unit", [&](const Bytes&, Bytes a) { return ++a[0], resum(a); }, Reason::timeout},
      {"function", [&](const Bytes&, Bytes a) { return ++a[1], resum(a); }, Reason::bad_response},
      {"strange function", [&](const Bytes&, Bytes a) { return a[1] = 99, resum(a); },
       Reason::bad_response},
      {"fewer registers",
       [&](const Bytes&, Bytes a) { return a[2] -= 2, a.resize(a.size() - 2), resum(a); },
       Reason::bad_response},
      {"lying count, more", [&](const Bytes&, Bytes a) { return a[2] += 2, resum(a); },
       Reason::timeout},
      {"lying count, less", [&](const Bytes&, Bytes a) { return a[2] -= 2, resum(a); },
       Reason::bad_response},
      {"torn", [](const Bytes&, Bytes a) { return a.resize(a.size() - 1), a; }, Reason::timeout},
      {"noise before",
       [](const Bytes&, Bytes a) {
         return joined({0xFF, 0x00, 0x13}, a);
       },
       Reason::bad_response},
      {"only noise", [](const Bytes&, Bytes) { return Bytes(40, 0x55); }, Reason::bad_response},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    say(c.what);
    Reason why{};
    EXPECT_FALSE(good_read(ten, &why));
    EXPECT_EQ(why, c.reason);
    say_the_right_thing();
    EXPECT_TRUE(good_read());
  }
}

TEST_P(ModbusRtuLinkTest, AnExceptionIsAnAnswer) {
  say([](const Bytes& request, const Bytes&) {
    return RtuUnit::with_checksum({request[0], static_cast<std::uint8_t>(request[1] | 0x80), 2});
  });
  const auto answer = link_->ask(ten, clock_.now() + timeout, stop_);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer.value().exception, 2);
  EXPECT_EQ(link_->quiet_until(3), 0);
}

TEST_P(ModbusRtuLinkTest, WaitsForOneByteAtATime) {
  unit_.set([](const Bytes& request, std::uint32_t n) {
    Steps steps;
    for (const std::uint8_t byte : RtuUnit::answer(request, n)) steps.push_back({1, {byte}});
    return steps;
  });
  EXPECT_TRUE(good_read());
  EXPECT_TRUE(good_read());
}

// the heart of it: what a silent unit says later is never taken for another answer
TEST_P(ModbusRtuLinkTest, ALateAnswerIsHeardAndDiscardedWhileOthersAreAsked) {
  unit_.set([](const Bytes& request, std::uint32_t n) {
    return Steps{{request[0] == 3 ? 120 : 0, RtuUnit::answer(request, n)}};
  });
  EXPECT_FALSE(good_read());
  const Time quiet = link_->quiet_until(3);
  EXPECT_GT(quiet, clock_.now() + timeout / 2);
  // asked too early, it is not asked at all
  const std::uint32_t before = unit_.requests();
  EXPECT_FALSE(link_->ask(ten, clock_.now() + 10 * millisecond, stop_));
  EXPECT_EQ(unit_.requests(), before);
  EXPECT_EQ(link_->quiet_until(3), quiet);

  ModbusRequest other = ten;
  other.unit = 4;
  EXPECT_EQ(link_->quiet_until(4), 0);
  if (serial()) {  // over TCP the connection was closed, and the late answer with it
    EXPECT_TRUE(good_read(other));
    EXPECT_EQ(link_->discarded.get(), 1u);
  }
  unit_.set([](const Bytes& request, std::uint32_t n) {
    return Steps{{0, RtuUnit::answer(request, n)}};
  });
  EXPECT_TRUE(good_read());
  EXPECT_TRUE(good_read(other));
}

TEST_P(ModbusRtuLinkTest, WhatCameWhileNothingWasAskedIsDiscarded) {
  ASSERT_TRUE(good_read());
  const Bytes old = RtuUnit::answer({3, 3, 0, 100, 0, 10, 0, 0}, 99);
  unit_.say(old);
  EXPECT_TRUE(good_read());
  EXPECT_EQ(link_->discarded.get(), 1u);
  unit_.say(Bytes(3000, 0));
  EXPECT_TRUE(good_read());
}

TEST_P(ModbusRtuLinkTest, AnotherUnitsAnswerIsPassedOver) {
  say([](const Bytes& request, const Bytes& answer) {
    Bytes others = request;
    others[0] = 9;
    return joined(RtuUnit::answer(others, 77), answer);
  });
  EXPECT_TRUE(good_read());
  EXPECT_EQ(link_->discarded.get(), 1u);
}

TEST_P(ModbusRtuLinkTest, ADamagedAnswerIsNotAwaitedAgain) {
  say([](const Bytes&, Bytes answer) {
    for (std::uint8_t& byte : answer) byte ^= &byte == &answer.back() ? 1 : 0;
    return answer;
  });
  Reason why{};
  EXPECT_FALSE(good_read(ten, &why));
  EXPECT_EQ(why, Reason::bad_response);
  EXPECT_EQ(link_->quiet_until(3), 0);
}

TEST_P(ModbusRtuLinkTest, AnEchoIsSkipped) {
  say([](const Bytes& request, const Bytes& answer) { return joined(request, answer); });
  const Bytes value = {0x12, 0x34}, values = {0, 1, 0, 2};
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(good_read());
    EXPECT_TRUE(good_read({3, read_holding, 0x0200, 1}));  // looks like the start of an answer
    EXPECT_TRUE(link_->ask({3, write_register, 7, 1, value}, clock_.now() + timeout, stop_));
    EXPECT_TRUE(link_->ask({3, write_registers, 7, 2, values}, clock_.now() + timeout, stop_));
  }
  EXPECT_EQ(link_->discarded.get(), 0u);
  // only the echo: nobody answers
  say([](const Bytes& request, const Bytes&) { return request; });
  Reason why{};
  EXPECT_FALSE(good_read(ten, &why));
  EXPECT_EQ(why, Reason::timeout);
  // a damaged echo is not the answer damaged: the answer may still come
  say([](const Bytes& request, const Bytes&) {
    Bytes echo = request;
    echo[3] ^= 1;
    return echo;
  });
  EXPECT_FALSE(good_read());
  EXPECT_GT(link_->quiet_until(3), clock_.now());
  EXPECT_TRUE(eventually([&] { return link_->quiet_until(3) <= clock_.now(); }));
  // an adapter that does not echo any more
  say_the_right_thing();
  EXPECT_TRUE(good_read());
  EXPECT_TRUE(link_->ask({3, write_register, 7, 1, value}, clock_.now() + timeout, stop_));
}

TEST_P(ModbusRtuLinkTest, KeepsTheQuietTime) {
  endpoint_.quiet_time = 30 * millisecond;
  connect();
  ASSERT_TRUE(good_read());
  const Time start = clock_.now();
  ASSERT_TRUE(good_read());
  EXPECT_GE(clock_.now() - start, 25 * millisecond);
}

TEST_P(ModbusRtuLinkTest, AStopRequestEndsEveryWait) {
  say([](const Bytes&, const Bytes&) { return Bytes{}; });
  Stop stop;
  Time requested = 0;
  std::thread stopper([&] {
    eventually([&] { return unit_.requests() > 0; });
    requested = clock_.now();
    stop.request();
  });
  const auto answer = link_->ask(ten, clock_.now() + 10 * second, stop);
  const Time ended = clock_.now();
  stopper.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, Reason::stopped);
  EXPECT_LE(ended - requested, 100 * millisecond);
}

std::string name(const testing::TestParamInfo<RtuUnit::Line>& line) {
  return line.param == RtuUnit::Line::tcp ? "Tcp" : "Serial";
}
INSTANTIATE_TEST_SUITE_P(Lines, ModbusRtuLinkTest,
                         testing::Values(RtuUnit::Line::pseudo_terminal, RtuUnit::Line::tcp), name);

using ModbusSerialLinkTest = ModbusRtuLinkTest;  // over TCP, a new connection is a new line

TEST_P(ModbusSerialLinkTest, ALineThatIsNeverQuietEndsAtTheDeadline) {
  endpoint_.quiet_time = 20 * millisecond;
  connect();
  ASSERT_TRUE(good_read());
  std::atomic<bool> enough{false};
  std::thread babbler([&] {
    while (!enough) {
      unit_.say({0x55});
      poll(nullptr, 0, 1);
    }
  });
  Reason why{};
  EXPECT_FALSE(good_read(ten, &why));
  EXPECT_EQ(why, Reason::bad_response);
  EXPECT_EQ(unit_.requests(), 1u);
  enough = true;
  babbler.join();
  EXPECT_TRUE(good_read());
}

INSTANTIATE_TEST_SUITE_P(Line, ModbusSerialLinkTest,
                         testing::Values(RtuUnit::Line::pseudo_terminal), name);

using ModbusRtuOverTcpTest = ModbusRtuLinkTest;

TEST_P(ModbusRtuOverTcpTest, ClosingWhileNothingIsAskedIsNoError) {
  unit_.set([](const Bytes& request, std::uint32_t n) {
    return Steps{{0, RtuUnit::answer(request, n), true}};
  });
  for (std::uint32_t i = 1; i <= 5; ++i) {
    EXPECT_TRUE(good_read());
    EXPECT_EQ(unit_.connections(), i);
    poll(nullptr, 0, 5);  // the end of the connection arrives
  }
}

TEST_P(ModbusRtuOverTcpTest, AFailedRequestClosesTheConnection) {
  say([](const Bytes&, const Bytes&) { return Bytes{}; });
  EXPECT_FALSE(good_read());
  say_the_right_thing();
  EXPECT_TRUE(good_read());
  EXPECT_EQ(unit_.connections(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Line, ModbusRtuOverTcpTest, testing::Values(RtuUnit::Line::tcp), name);

}  // namespace
}  // namespace fieldweir
