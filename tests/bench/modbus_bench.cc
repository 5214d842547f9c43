// modbus_bench: what one read of 125 registers costs a bus, beside what it costs the least program
// that does it. Both ask the same server, a process of its own, as fast as it answers.
//
//   modbus_bench serve DEVICES      one device per loopback address 127.0.0.1 on; prints: port=N
//   modbus_bench raw PORT READS     libmodbus in a loop
//   modbus_bench driver PORT READS  the bus worker with a Modbus device of 125 signals
//
// The last two print: reads=N cpu_ns=N
#include <arpa/inet.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "config/load.h"
#include "drivers/bus_worker.h"
#include "drivers/drivers.h"

namespace fieldweir {
namespace {

constexpr int registers = 125;

void must(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::exit(1);
}

std::int64_t cpu_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * second + time.tv_nsec;
}

void print(long reads, std::int64_t cpu) {
  std::printf("reads=%ld cpu_ns=%lld\n", reads, static_cast<long long>(cpu));
}

// --- the server ---

int listen_at(int device, std::uint16_t& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<unsigned>(device));
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  must(bind(listener, generic, size) == 0 && listen(listener, 8) == 0, "listen");
  must(getsockname(listener, generic, &size) == 0, "getsockname");
  port = ntohs(address.sin_port);
  return listener;
}

/// Answers a read of registers; false when the client has gone.
bool answer(int client) {
  std::array<std::uint8_t, 12> request;
  if (recv(client, request.data(), request.size(), MSG_WAITALL) != 12) return false;
  const unsigned bytes = 2u * (request[10] << 8 | request[11]);
  std::array<std::uint8_t, 260> frame{};
  std::copy_n(request.begin(), 8, frame.begin());
  frame[4] = 0;
  frame[5] = static_cast<std::uint8_t>(3 + bytes);
  frame[8] = static_cast<std::uint8_t>(bytes);
  return send(client, frame.data(), 9 + bytes, MSG_NOSIGNAL) == 9 + static_cast<ssize_t>(bytes);
}

[[noreturn]] void serve(int devices) {
  std::vector<pollfd> watched;
  std::uint16_t port = 0;
  for (int device = 0; device < devices; ++device)
    watched.push_back({listen_at(device, port), POLLIN, 0});
  std::printf("port=%u\n", port);
  std::fflush(stdout);
  while (true) {
    poll(watched.data(), watched.size(), -1);
    for (std::size_t i = watched.size(); i-- > 0;) {
      if (watched[i].revents == 0) continue;
      if (i < static_cast<std::size_t>(devices)) {
        watched.push_back({accept(watched[i].fd, nullptr, nullptr), POLLIN, 0});
      } else if (!answer(watched[i].fd)) {
        close(watched[i].fd);
        watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }
}

// --- the floor ---

void read_raw(int port, long reads) {
  modbus_t* context = modbus_new_tcp("127.0.0.1", port);
  must(context != nullptr && modbus_connect(context) == 0, "connect");
  std::uint16_t values[registers];
  const std::int64_t start = cpu_nanoseconds();
  for (long i = 0; i < reads; ++i)
    must(modbus_read_registers(context, 0, registers, values) == registers, "read");
  print(reads, cpu_nanoseconds() - start);
  modbus_free(context);
}

// --- the driver ---

/// Leaps to whatever is due, so that the poll interval does not count.
class LeapingClock final : public Clock {
 public:
  Time now() const override { return clock_.now() + leapt_; }
  bool synchronised() const override { return true; }
  void leap_to(Time due) { leapt_ += std::max<Duration>(due - now(), 0); }

 private:
  SystemClock clock_;
  Duration leapt_ = 0;
};

std::unique_ptr<DeviceSettings> device_at(const DriverKind& kind, int port) {
  std::string yaml = "name: plc\nmodbus_tcp: {host: 127.0.0.1, port: " + std::to_string(port) +
                     "}\npoll: {all: 1s}\nsignals:\n";
  for (int i = 0; i < registers; ++i)
    yaml += "  - {name: r" + std::to_string(i) + ", table: holding, address: " + std::to_string(i) +
            ", type: uint16}\n";
  config::Mistakes mistakes;
  auto settings = kind.read(config::load_text("bench", yaml, mistakes), mistakes);
  must(settings != nullptr, mistakes.text().c_str());
  return settings;
}

void read_with_driver(int port, long reads) {
  const DriverKind* kind = nullptr;
  for (const DriverKind& each : driver_kinds())
    if (each.key == "modbus_tcp") kind = &each;
  const auto settings = device_at(*kind, port);

  LeapingClock clock;
  SignalTable signals(registers + 1);
  for (int i = 0; i <= registers; ++i) {
    SignalTable::Signal signal;
    signal.name.assign("s" + std::to_string(i));
    signals.define(signal);
  }
  TextTable texts(1);
  Resolver resolver(clock);
  Brokers brokers;
  Doorbell pipeline;
  Stop stop;
  Ring<Reading> ring(512);
  BusWorker worker("bus", signals, clock, stop, ring, pipeline, Random(1));
  const DeviceSeat seat{*settings, 0};
  auto drivers = kind->make({&seat, 1}, {signals, texts, clock, resolver, brokers, "gateway",
                                         worker.doorbell(), Random(2)});
  Driver& driver = *drivers.front();
  worker.add(std::move(drivers.front()), "plc", 0, registers, registers);

  std::array<Reading, 512> out;
  const std::int64_t start = cpu_nanoseconds();
  while (driver.polled.get() < static_cast<std::uint64_t>(reads)) {
    clock.leap_to(worker.turn(clock.now()));
    ring.pop(out);
  }
  print(reads, cpu_nanoseconds() - start);
}

}  // namespace
}  // namespace fieldweir

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const int first = argc > 2 ? std::atoi(argv[2]) : 0;
  const long reads = argc > 3 ? std::atol(argv[3]) : 0;
  if (mode == "serve" && first > 0) fieldweir::serve(first);
  if (mode == "raw" && reads > 0) return fieldweir::read_raw(first, reads), 0;
  if (mode == "driver" && reads > 0) return fieldweir::read_with_driver(first, reads), 0;
  std::fprintf(stderr, "modbus_bench serve DEVICES | raw PORT READS | driver PORT READS\n");
  return 2;
}
