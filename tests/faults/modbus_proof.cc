#include "tests/faults/modbus_proof.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>

#include "core/log.h"
#include "tests/unit/drivers/rig.h"

namespace fieldweir {
namespace {

constexpr WireTimes times{40 * millisecond, 5 * millisecond};
constexpr double fault_share = 0.75;
constexpr int units = 3;
constexpr int polls_to_recover = 3;
constexpr std::uint64_t faulty_between_recoveries = 20;
/// Shorter waits than any back-off are the protocol's and take real time.
constexpr Duration shortest_leap = 50 * millisecond;
constexpr std::size_t most_findings = 5;

/// Two blocks of one shape, so that a stale answer to one fits the other.
constexpr std::uint16_t addresses[] = {100, 104, 200, 204, 100, 104};
constexpr std::uint8_t functions[] = {3, 3, 3, 3, 4, 4};
constexpr std::size_t signal_count = std::size(addresses);

class LeapingClock final : public Clock {
 public:
  Time now() const override { return real_.now() + leapt_; }
  bool synchronised() const override { return true; }
  void leap(Duration duration) { leapt_ += duration; }

 private:
  SystemClock real_;
  std::atomic<Duration> leapt_{0};
};

std::string device_yaml(WireKind kind, const ModbusFaultyBus& bus, int unit) {
  const std::string number = std::to_string(unit);
  std::string yaml = "name: unit_" + number + "\n";
  yaml += kind == WireKind::rtu
              ? "modbus_rtu: {port: " + bus.path() + ", baud: 115200, format: 8N1"
              : "modbus_tcp: {host: 127.0.0.1, port: " + std::to_string(bus.port());
  if (kind == WireKind::rtu_over_tcp) yaml += ", framing: rtu";
  if (kind != WireKind::tcp) yaml += ", quiet_time: 5ms";
  // with retries the driver asks again as soon as it may, without as soon as its back-off says
  yaml += ", timeout: 40ms, unit: " + number + ", retries: " + std::to_string(unit - 1) +
          "}\npoll: {slow: 1m}\nsignals:\n";
  for (std::size_t i = 0; i < signal_count; ++i)
    yaml += "  - {name: s" + std::to_string(i) +
            ", table: " + (functions[i] == 3 ? "holding" : "input") +
            ", address: " + std::to_string(addresses[i]) + ", type: uint64}\n";
  return yaml;
}

std::vector<std::string> devices_yaml(WireKind kind, const ModbusFaultyBus& bus) {
  std::vector<std::string> all;
  for (int unit = 1; unit <= units; ++unit) all.push_back(device_yaml(kind, bus, unit));
  return all;
}

void wait(Duration duration) {
  if (duration > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(duration));
}

class ProvenBus {
 public:
  ProvenBus(WireKind kind, bool refusals, std::uint64_t seed)
      : seed_(seed),
        refusals_(refusals),
        bus_({kind, times, fault_share, refusals, seed}),
        rig_(kind == WireKind::rtu ? "modbus_rtu" : "modbus_tcp", devices_yaml(kind, bus_),
             clock_) {}

  WireProof run(std::uint64_t faulty) {
    for (std::uint64_t next = faulty_between_recoveries; result_.faulty() < faulty;) {
      turn();
      if (result_.faulty() < next || refusals_) continue;
      recover();
      next = result_.faulty() + faulty_between_recoveries;
    }
    return result_;
  }

 private:
  void turn();
  void judge(const Reading& reading);
  void recover();
  std::uint64_t stalls(std::size_t first, std::size_t device);
  void wait_for(Time due);
  std::uint64_t discarded() const;

  const std::uint64_t seed_;
  const bool refusals_;
  ModbusFaultyBus bus_;
  LeapingClock clock_;
  Rig rig_;
  WireProof result_;
  std::size_t heard_ = 0;  // requests
  std::map<std::tuple<std::uint8_t, std::uint8_t, std::uint16_t>, std::size_t> last_asked_;
  std::uint64_t discarded_ = 0;
  std::array<bool, units> good_{};  // had a good reading since it was last cleared
};

void ProvenBus::turn() {
  bus_.begin_turn();
  const Time due = rig_.worker.turn(clock_.now());
  bus_.settle(false);
  WireTally* tally = nullptr;
  for (; heard_ < bus_.requests(); ++heard_) {
    const auto [request, fault, beyond, stalled] = bus_.asked(heard_);
    tally = &result_.by_fault[static_cast<std::size_t>(fault)];
    ++tally->transactions;
    for (unsigned at = request.address; at < request.address + request.count; at += 4)
      last_asked_[{request.unit, request.function, static_cast<std::uint16_t>(at)}] = heard_;
  }
  const std::uint64_t values = result_.values;
  for (const Reading& reading : rig_.drain()) judge(reading);
  if (tally != nullptr) {
    tally->good += result_.values > values ? 1 : 0;
    tally->discarded += discarded() - discarded_;
    discarded_ = discarded();
  }
  wait_for(due);
}

std::uint64_t ProvenBus::discarded() const {
  std::uint64_t sum = 0;
  for (const DeviceStatus& device : rig_.worker.status()) sum += device.discarded;
  return sum;
}

void ProvenBus::judge(const Reading& reading) {
  if (reading.quality == Quality::bad || reading.kind == Kind::boolean) return;
  ++result_.values;
  const std::size_t device = reading.signal / (signal_count + 1);
  const std::size_t signal = reading.signal % (signal_count + 1);
  good_.at(device) = true;
  const auto unit = static_cast<std::uint8_t>(device + 1);
  const auto asked = last_asked_.find({unit, functions[signal], addresses[signal]});
  const std::size_t number = asked == last_asked_.end() ? 0 : asked->second;
  const auto holds = [&](std::size_t n) {
    return reading.as_uint64() == wire_value(unit, functions[signal], addresses[signal], n);
  };
  if (asked != last_asked_.end() && holds(number)) return;

  ++result_.wrong;
  std::string whose = "of no request to it";
  for (std::size_t n = 0; n < bus_.requests(); ++n) {
    if (!holds(n)) continue;
    const ModbusFaultyBus::Asked owner = bus_.asked(n);
    result_.excused += owner.beyond ? 1 : 0;
    whose = "of request " + std::to_string(n) + ", " + std::string(to_string(owner.fault)) +
            (owner.beyond ? ", sent later than can be told" : "");
  }
  if (result_.findings.size() == most_findings) return;
  result_.findings.push_back(
      "seed " + std::to_string(seed_) + ", request " + std::to_string(number) + ", " +
      std::string(to_string(bus_.asked(number).fault)) + ", unit " + std::to_string(unit) +
      ", address " + std::to_string(addresses[signal]) + ": a value " + whose);
}

/// All wrongs end: each unit has good data within three polls of it.
void ProvenBus::recover() {
  bus_.pause_faults(true);
  bus_.settle(true);
  good_ = {};
  std::array<std::uint64_t, units> before{};
  for (std::size_t i = 0; i < units; ++i) before[i] = rig_.worker.status().at(i).polls;
  const std::size_t first = heard_;
  for (int turns = 0; turns < 100 && !std::ranges::all_of(good_, std::identity{}); ++turns) {
    const std::array<bool, units> known = good_;
    turn();
    for (std::size_t i = 0; i < units; ++i) {
      if (known[i] == good_[i]) continue;
      const std::uint64_t polls = rig_.worker.status().at(i).polls - before[i];
      ++result_.recoveries;
      result_.slow_recoveries += polls > polls_to_recover + stalls(first, i) ? 1 : 0;
    }
  }
  for (const bool good : good_) {
    result_.recoveries += good ? 0 : 1;
    result_.slow_recoveries += good ? 0 : 1;
  }
  bus_.pause_faults(false);
}

/// Polls of a unit since request `first` that a machine too slow to answer in time has cost.
std::uint64_t ProvenBus::stalls(std::size_t first, std::size_t device) {
  bus_.settle(true);
  std::uint64_t count = 0;
  for (std::size_t n = first; n < bus_.requests(); ++n) {
    const ModbusFaultyBus::Asked asked = bus_.asked(n);
    count += asked.stalled && asked.request.unit == device + 1 ? 1 : 0;
  }
  return count;
}

void ProvenBus::wait_for(Time due) {
  if (due - clock_.now() < shortest_leap) return wait(due - clock_.now());
  bus_.settle(true);
  wait(times.quiet);  // real silence, which the link may count on
  clock_.leap(std::max<Duration>(due - clock_.now(), 0));
}

}  // namespace

std::uint64_t WireProof::faulty() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 1; i < by_fault.size(); ++i) sum += by_fault[i].transactions;
  return sum;
}

void WireProof::add(const WireProof& other) {
  for (std::size_t i = 0; i < by_fault.size(); ++i) {
    by_fault[i].transactions += other.by_fault[i].transactions;
    by_fault[i].good += other.by_fault[i].good;
    by_fault[i].discarded += other.by_fault[i].discarded;
  }
  values += other.values;
  wrong += other.wrong;
  excused += other.excused;
  recoveries += other.recoveries;
  slow_recoveries += other.slow_recoveries;
  for (const std::string& finding : other.findings)
    if (findings.size() < most_findings) findings.push_back(finding);
}

std::string WireProof::table() const {
  char line[160];
  std::string text = "fault            transactions     good   errors  discarded\n";
  for (std::size_t i = 0; i < by_fault.size(); ++i) {
    const WireTally& tally = by_fault[i];
    if (tally.transactions == 0) continue;
    std::snprintf(line, sizeof line, "%-16.*s %12ju %8ju %8ju %10ju\n",
                  static_cast<int>(to_string(static_cast<WireFault>(i)).size()),
                  to_string(static_cast<WireFault>(i)).data(),
                  static_cast<std::uintmax_t>(tally.transactions),
                  static_cast<std::uintmax_t>(tally.good),
                  static_cast<std::uintmax_t>(tally.transactions - tally.good),
                  static_cast<std::uintmax_t>(tally.discarded));
    text += line;
  }
  std::snprintf(line, sizeof line,
                "%ju faulty transactions, %ju values published as good, %ju wrong (%ju excused), "
                "%ju recoveries (%ju slow)\n",
                static_cast<std::uintmax_t>(faulty()), static_cast<std::uintmax_t>(values),
                static_cast<std::uintmax_t>(wrong), static_cast<std::uintmax_t>(excused),
                static_cast<std::uintmax_t>(recoveries),
                static_cast<std::uintmax_t>(slow_recoveries));
  text += line;
  for (const std::string& finding : findings) text += finding + "\n";
  return text;
}

WireProof prove(WireKind kind, std::uint64_t faulty, unsigned buses, std::uint64_t seed) {
  set_log_level(LogLevel::error);
  std::vector<WireProof> proofs(buses);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < buses; ++i)
    threads.emplace_back([&, i] {
      // one bus in eight refuses blocks, from which the driver learns where not to read
      ProvenBus bus(kind, i % 8 == 7, seed * 1000 + i);
      proofs[i] = bus.run((faulty + buses - 1) / buses);
    });
  for (std::thread& thread : threads) thread.join();
  WireProof all;
  for (const WireProof& proof : proofs) all.add(proof);
  return all;
}

}  // namespace fieldweir
