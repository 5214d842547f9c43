#include "drivers/modbus/link.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/modbus_fault_server.h"
#include "tests/support/process.h"

namespace fieldweir {
namespace {

constexpr Duration timeout = 200 * millisecond;
constexpr Duration grace = 150 * millisecond;  // a busy machine's; a second timeout is more
const ModbusRequest ten{3, ModbusFunction::read_holding, 100, 10};

class ModbusLinkTest : public testing::Test {
 protected:
  ModbusLinkTest() { reach(server_.port()); }

  void reach(int port) {
    endpoint_.port = static_cast<std::uint16_t>(port);
    link_ = make_modbus_link(endpoint_, resolver_, clock_);
  }

  /// Reads, checks that the deadline was kept and that no wrong value came; whether good data did.
  bool good_read(Reason* why = nullptr) {
    const Time start = clock_.now();
    const Result<ModbusAnswer> answer = link_->ask(ten, start + timeout, stop_);
    EXPECT_LE(clock_.now() - start, timeout + grace);
    if (why != nullptr) *why = answer ? Reason::none : answer.error().reason;
    if (!answer || answer.value().exception != 0) return false;
    for (std::uint16_t i = 0; i < ten.count; ++i)
      EXPECT_EQ(answer.value().data[2u * i] << 8 | answer.value().data[2u * i + 1],
                ModbusFaultServer::value(static_cast<std::uint16_t>(ten.address + i),
                                         server_.requests()));
    return true;
  }

  SystemClock clock_;
  Resolver resolver_{clock_};
  Stop stop_;
  ModbusFaultServer server_;
  ModbusEndpoint endpoint_{.place = {}, .host = "127.0.0.1"};
  std::unique_ptr<ModbusLink> link_;
};

TEST_F(ModbusLinkTest, KeepsItsConnection) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(good_read());
  EXPECT_EQ(server_.connections(), 1u);
}

TEST_F(ModbusLinkTest, NumbersGoRoundAfter65536Requests) {
  const ModbusRequest one{1, ModbusFunction::read_input, 0, 1};
  for (int i = 0; i < 66'000; ++i) ASSERT_TRUE(link_->ask(one, clock_.now() + second, stop_)) << i;
  EXPECT_EQ(server_.connections(), 1u);
}

struct Case {
  ModbusFault fault;
  Reason reason;  // of the first read; none: the fault shows only in the next
};

TEST_F(ModbusLinkTest, NoFaultBecomesAValueOutlivesTheDeadlineOrLasts) {
  using enum ModbusFault;
  const Case cases[] = {
      {silence, Reason::timeout},
      {wrong_transaction, Reason::timeout},  // an earlier one: a late answer
      {wrong_protocol, Reason::bad_response},
      {wrong_length, Reason::timeout},
      {impossible_length, Reason::bad_response},
      {wrong_unit, Reason::bad_response},
      {wrong_function, Reason::bad_response},
      {wrong_count, Reason::bad_response},
      {lying_count, Reason::bad_response},
      {stalled_dribble, Reason::timeout},
      {torn, Reason::not_connected},
      {hang_up, Reason::not_connected},
      {twice, Reason::none},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(static_cast<int>(c.fault));
    server_.set(c.fault);
    Reason why{};
    EXPECT_EQ(good_read(&why), c.reason == Reason::none);
    EXPECT_EQ(why, c.reason);
    for (int i = 0; i < 2; ++i) good_read();
    server_.set(none);
    int polls = 0;
    while (!good_read() && polls < 3) ++polls;
    EXPECT_LT(polls, 3);
  }
}

TEST_F(ModbusLinkTest, WaitsForALateOrDribbledAnswer) {
  server_.set(ModbusFault::late);
  EXPECT_TRUE(good_read());
  server_.set(ModbusFault::dribble);
  EXPECT_TRUE(good_read());
  EXPECT_TRUE(good_read());
  server_.set(ModbusFault::none);
  EXPECT_TRUE(good_read());
  EXPECT_EQ(server_.connections(), 1u);
}

TEST_F(ModbusLinkTest, AnExceptionIsAnAnswerAndKeepsTheConnection) {
  server_.set(ModbusFault::illegal_address);
  for (int i = 0; i < 3; ++i) {
    const Result<ModbusAnswer> answer = link_->ask(ten, clock_.now() + timeout, stop_);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.value().exception, 2);
  }
  server_.set(ModbusFault::none);
  EXPECT_TRUE(good_read());
  EXPECT_EQ(server_.connections(), 1u);
}

TEST_F(ModbusLinkTest, NobodyThere) {
  reach(free_port());
  Reason why{};
  EXPECT_FALSE(good_read(&why));
  EXPECT_EQ(why, Reason::not_connected);
  const BlackHole hole;
  reach(hole.port());
  EXPECT_FALSE(good_read(&why));
  EXPECT_EQ(why, Reason::timeout);
}

TEST_F(ModbusLinkTest, AStopRequestEndsEveryWait) {
  const BlackHole hole;
  for (const ModbusFault fault :
       {ModbusFault::none, ModbusFault::silence, ModbusFault::stalled_dribble}) {
    Stop stop;
    server_.set(fault);
    // none: the wait is for the connection itself
    reach(fault == ModbusFault::none ? hole.port() : server_.port());
    const std::uint32_t before = server_.requests();
    std::atomic<bool> about_to_wait{false};
    Time requested = 0;
    std::thread stopper([&] {
      eventually([&] {
        return fault == ModbusFault::none ? about_to_wait.load() : server_.requests() > before;
      });
      requested = clock_.now();
      stop.request();
    });
    about_to_wait = true;
    const Result<ModbusAnswer> answer = link_->ask(ten, clock_.now() + 10 * second, stop);
    const Time ended = clock_.now();
    stopper.join();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().reason, Reason::stopped);
    EXPECT_LE(ended - requested, 100 * millisecond);
  }
}

// a frame that belongs to an earlier request is passed over, before and after the answer
TEST_F(ModbusLinkTest, LateAndDuplicateAnswersAreDiscardedAndCounted) {
  server_.set(ModbusFault::twice);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(good_read());
  server_.set(ModbusFault::none);
  EXPECT_TRUE(good_read());
  EXPECT_EQ(link_->discarded.get(), 10u);
  server_.set(ModbusFault::wrong_transaction);
  EXPECT_FALSE(good_read());
  EXPECT_EQ(link_->discarded.get(), 11u);
  EXPECT_EQ(server_.connections(), 1u);
}

TEST_F(ModbusLinkTest, ANumberThatWasNeverUsedIsNoLateAnswer) {
  server_.set(ModbusFault::wrong_transaction);
  Reason why{};
  EXPECT_FALSE(good_read(&why));  // nothing was asked before on this connection
  EXPECT_EQ(why, Reason::bad_response);
  EXPECT_EQ(link_->discarded.get(), 0u);
}

TEST_F(ModbusLinkTest, ClosingWhileNothingIsAskedIsNoError) {
  server_.set(ModbusFault::once_then_close);
  for (std::uint32_t i = 1; i <= 20; ++i) {
    EXPECT_TRUE(good_read());
    EXPECT_EQ(server_.connections(), i);
    poll(nullptr, 0, 5);  // the end of the connection arrives
  }
}

TEST_F(ModbusLinkTest, AWriteThatIsNotEchoedIsAnError) {
  const std::vector<std::uint8_t> value = {0x12, 0x34};
  const ModbusRequest write{3, ModbusFunction::write_register, 100, 1, value};
  // the server answers reads only: its answer is not the echo that a write must have
  const auto answer = link_->ask(write, clock_.now() + timeout, stop_);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, Reason::bad_response);
}

TEST_F(ModbusLinkTest, KeepsClosesOrClosesAfterARest) {
  ASSERT_TRUE(good_read());
  EXPECT_EQ(link_->rest(clock_.now(), clock_.now() + hour), never);  // kept
  ASSERT_TRUE(good_read());
  EXPECT_EQ(server_.connections(), 1u);

  endpoint_.close_after = 0;
  reach(server_.port());
  for (std::uint32_t i = 2; i <= 4; ++i) {
    ASSERT_TRUE(good_read());
    EXPECT_EQ(link_->rest(clock_.now(), clock_.now() + second), never);
    EXPECT_EQ(server_.connections(), i);
  }

  endpoint_.close_after = second;
  reach(server_.port());
  ASSERT_TRUE(good_read());
  const Time now = clock_.now();
  EXPECT_EQ(link_->rest(now, now + second / 2), never);  // asked again before
  const Time end = link_->rest(now, now + minute);
  EXPECT_GT(end, now);
  EXPECT_LE(end, now + second);
  ASSERT_TRUE(good_read());
  EXPECT_EQ(server_.connections(), 5u);
  EXPECT_EQ(link_->rest(now + 2 * second, now + minute), never);  // closes
  ASSERT_TRUE(good_read());
  EXPECT_EQ(server_.connections(), 6u);
}

TEST_F(ModbusLinkTest, PausesAfterConnectingAndBetweenRequests) {
  endpoint_.pause_after_connect = 300 * millisecond;
  endpoint_.quiet_time = 40 * millisecond;
  reach(server_.port());
  const Time start = clock_.now();
  ASSERT_TRUE(link_->ask(ten, start + second, stop_));
  const Time first = clock_.now();
  EXPECT_GE(first - start, 300 * millisecond);
  ASSERT_TRUE(good_read());
  EXPECT_GE(clock_.now() - first, 40 * millisecond);
  EXPECT_LT(clock_.now() - first, 300 * millisecond);  // it is connected
}

TEST_F(ModbusLinkTest, ALookupThatHangsEndsAtTheDeadline) {
  std::atomic<bool> enough{false};
  Resolver hanging(clock_, [&](const std::string&) -> Result<Resolver::Address> {
    while (!enough) poll(nullptr, 0, 1);
    return error(Reason::unreachable, "no such host");
  });
  endpoint_.host = "plc.example";
  const auto link = make_modbus_link(endpoint_, hanging, clock_);
  std::thread lookups([&] {
    while (!enough) hanging.turn(clock_.now());
  });
  for (int i = 0; i < 3; ++i) {
    const Time start = clock_.now();
    EXPECT_FALSE(link->ask(ten, start + timeout, stop_));
    EXPECT_LE(clock_.now() - start, timeout + grace);
  }
  enough = true;
  lookups.join();
}

TEST_F(ModbusLinkTest, DescriptorsAbove1100AreAsGoodAsOthers) {
  std::vector<int> taken;
  while (taken.empty() || taken.back() < 1100) {
    taken.push_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    ASSERT_GE(taken.back(), 0) << "the limit on open files is lower";
  }
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(good_read());
  server_.set(ModbusFault::silence);
  EXPECT_FALSE(good_read());
  for (const int descriptor : taken) close(descriptor);
}

// Else the kernel would go on sending it when the cable is back: a write that had failed.
TEST_F(ModbusLinkTest, ARequestThatFailedDoesNotReachThePeerLater) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(listener, generic, size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  getsockname(listener, generic, &size);
  reach(ntohs(address.sin_port));
  Reason why{};
  EXPECT_FALSE(good_read(&why));
  EXPECT_EQ(why, Reason::timeout);
  const int peer = accept(listener, nullptr, nullptr);
  char bytes[64];
  while (recv(peer, bytes, sizeof bytes, 0) > 0) continue;
  EXPECT_EQ(errno, ECONNRESET);
  close(peer);
  close(listener);
}

}  // namespace
}  // namespace fieldweir
