// A whole gateway in a process with 1,100 open descriptors, one bus each with a name whose lookup
// hangs, a host that accepts and never answers, a host that is off and a peer that vanishes: they
// are offline and are tried again, and the buses beside them lose no poll.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <numeric>
#include <optional>

#include "daemon/gateway.h"
#include "tests/support/eventually.h"
#include "tests/support/modbus_fault_server.h"
#include "tests/support/modbus_faulty_bus.h"
#include "tests/unit/daemon/rig.h"

namespace fieldweir {
namespace {

// --- a name service that hangs ---

std::mutex lookup_mutex;
std::condition_variable lookup_ends;
bool lookups_end = false;
int lookups = 0;

void end_lookups() {
  const std::scoped_lock lock(lookup_mutex);
  lookups_end = true;
  lookup_ends.notify_all();
}

int hang() {
  std::unique_lock lock(lookup_mutex);
  ++lookups;
  lookup_ends.wait_for(lock, std::chrono::seconds(30), [] { return lookups_end; });
  return EAI_AGAIN;
}

}  // namespace
}  // namespace fieldweir

/// In place of the C library's.
extern "C" int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  return fieldweir::hang();
}

namespace fieldweir {
namespace {

constexpr int many_descriptors = 1100;

class ManyDescriptors {
 public:
  ManyDescriptors() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < many_descriptors; ++i)
      open_.push_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  ~ManyDescriptors() {
    for (const int descriptor : open_) close(descriptor);
  }
  bool enough() const { return open_.back() >= many_descriptors; }

 private:
  std::vector<int> open_;
};

/// Answers one client until it vanishes: from then on it says nothing, not even good-bye, and
/// attempts to connect get no answer either.
class VanishingPeer {
 public:
  VanishingPeer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, generic, size), 0);
    EXPECT_EQ(listen(listener_, 0), 0);
    EXPECT_EQ(getsockname(listener_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~VanishingPeer() {
    vanish();
    for (const int filler : fillers_) close(filler);
    close(client_);
    close(listener_);
  }
  int port() const { return port_; }

  void vanish() {
    if (!thread_.joinable()) return;
    gone_.request();
    thread_.join();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 3; ++i) {
      fillers_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      // whether this one still finds room does not matter
      (void)!connect(fillers_.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
  }

 private:
  bool wait_for(int descriptor) {
    pollfd waiting[] = {{gone_.descriptor(), POLLIN, 0}, {descriptor, POLLIN, 0}};
    poll(waiting, 2, -1);
    return waiting[0].revents == 0;
  }
  void run() {
    const WireFaults device(WireFraming::tcp, {}, false, Random(1));
    std::vector<std::uint8_t> received;
    std::uint8_t bytes[64];
    if (!wait_for(listener_)) return;
    client_ = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    while (wait_for(client_)) {
      const ssize_t got = recv(client_, bytes, sizeof bytes, 0);
      if (got <= 0) return;
      received.insert(received.end(), bytes, bytes + got);
      while (const auto request = take_wire_request(WireFraming::tcp, received))
        for (const WireStep& step : device.answer(*request, 0).steps)
          (void)!send(client_, step.bytes.data(), step.bytes.size(), MSG_NOSIGNAL);
    }
  }

  int listener_;
  int port_ = 0;
  int client_ = -1;
  std::vector<int> fillers_;
  Stop gone_;
  std::thread thread_;
};

std::string device(const std::string& name, const std::string& host, int port) {
  return "  - name: " + name + "\n    modbus_tcp: {host: " + host +
         ", port: " + std::to_string(port) +
         ", timeout: 200ms, retries: 0}\n    poll: {fast: 50ms}\n    signals: [{name: a, table: "
         "holding, address: 0, type: uint64}]\n";
}

TEST(ModbusContained, HangingNamesSilentHostsAndVanishedPeersCostTheOtherBusesNothing) {
  const ManyDescriptors descriptors;
  ASSERT_TRUE(descriptors.enough()) << "the limit on open files is too low for this test";

  const auto right = [](std::uint64_t seed) {
    return ModbusFaultyBus::Settings{WireKind::tcp, {second, 0}, 0, false, seed};
  };
  ModbusFaultyBus one(right(1)), two(right(2));
  ModbusFaultServer mute;
  mute.set(ModbusFault::silence);
  const BlackHole off;
  VanishingPeer vanishing;
  enum Bus { healthy_one, healthy_two, accepts_only, switched_off, unknown_name, vanished, all };
  const TempDir folder{TempDir::in_memory};
  Settings settings = settings_of(
      folder,
      "devices:\n" + device("one", "127.0.0.1", one.port()) +
          device("two", "127.0.0.1", two.port()) + device("mute", "127.0.0.1", mute.port()) +
          device("off", "127.0.0.1", off.port()) + device("named", "plc.hangs.example", 502) +
          device("vanishing", "127.0.0.1", vanishing.port()) +
          "uplinks:\n  - {name: cloud, https: {url: \"https://cloud.example.com/\"}}\n");
  FarEnd far;
  lead_to(far, settings);
  const SystemClock clock;
  std::optional<Gateway> gateway(std::in_place, settings, clock, Random(1));
  ASSERT_EQ(gateway->buses().size(), all);
  const auto status = [&](int bus) {
    return gateway->buses().at(static_cast<std::size_t>(bus)).worker->status().at(0);
  };
  gateway->start();
  for (const Bus bus : {healthy_one, healthy_two, vanished})
    ASSERT_TRUE(eventually([&] { return status(bus).state == DeviceState::online; })) << bus;
  vanishing.vanish();

  const std::uint64_t polls = status(healthy_one).polls;
  EXPECT_TRUE(eventually([&] { return status(healthy_one).polls >= polls + 100; }));
  // each call on a bad bus has ended, more than once
  for (const Bus bus : {accepts_only, switched_off, unknown_name, vanished})
    EXPECT_TRUE(eventually([&] {
      const DeviceStatus now = status(bus);
      return now.state == DeviceState::offline &&
             std::accumulate(now.errors.begin(), now.errors.end(), std::uint64_t{0}) >= 2;
    })) << bus;
  for (const Bus bus : {healthy_one, healthy_two}) {
    const DeviceStatus now = status(bus);
    EXPECT_EQ(now.state, DeviceState::online);
    EXPECT_LE(now.skipped, now.polls / 50) << "of " << now.polls;  // a busy machine may be late
  }
  EXPECT_EQ(lookups, 1);  // it hangs still

  const Time stopping = clock.now();
  EXPECT_TRUE(gateway->stop(2 * second));
  EXPECT_LT(clock.now() - stopping, 3 * second);
  end_lookups();
}

}  // namespace
}  // namespace fieldweir
