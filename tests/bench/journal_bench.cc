// journal_bench: a journal as an outage leaves it, for the rows of draining and starting, and what
// it costs to fill and to read it: 100 signals that are read once a second until now, a batch each
// second, owed to one uplink.
//
//   journal_bench fill PATH UPLINK READINGS plant|random    plant: temperatures with a resolution
//                                                           of 0.1; random: nothing can be packed
//   journal_bench read PATH UPLINK
//
// Prints: readings=N cpu_ns=N, the CPU time of the calling thread, which does it all.
#include <time.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "buffer/log.h"
#include "core/random.h"
#include "tests/support/fake_clock.h"

namespace fieldweir {
namespace {

constexpr SignalId signal_count = 100;

std::int64_t cpu_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

struct Plant {
  SignalTable signals{signal_count};
  TextTable texts{1};
  FakeClock clock;
  BatchSettings batch;
  BufferSettings buffer;
  Random random{1};

  explicit Plant(const std::string& path) {
    for (SignalId i = 0; i < signal_count; ++i)
      signals.define({SignalName("plant.s" + std::to_string(i)), UnitName("C"), Kind::float64,
                      Lane::telemetry, 0});
    batch.rows = signal_count;
    buffer.path = path;
    buffer.max_size = std::uint64_t{2} << 30;
    buffer.persist_after = 0;
    buffer.commit.every = minute;
  }

  Log log(const std::string& uplink) {
    return {batch, buffer, {uplink}, {signals, texts, clock, random.fork()}};
  }

  void read_into(std::vector<Reading>& readings, bool plain) {
    readings.clear();
    for (SignalId i = 0; i < signal_count; ++i) {
      const double wave = std::sin(static_cast<double>(clock.now() / second) / 60.0 + i);
      const double value =
          plain ? 0.1 * std::round(600 + 50 * wave + 3 * random.unit()) : random.unit();
      readings.push_back(float64_reading(i, clock.now(), value));
    }
  }
};

int fill(Plant& plant, const std::string& uplink, std::int64_t wanted, bool plain) {
  plant.clock.set((std::time(nullptr) - wanted / signal_count) * second);
  Log log = plant.log(uplink);
  std::vector<Reading> readings;
  std::int64_t cpu = 0;
  for (std::int64_t done = 0; done < wanted; done += signal_count) {
    plant.clock.advance(second);
    plant.read_into(readings, plain);
    const Time now = plant.clock.now();
    const std::int64_t before = cpu_nanoseconds();
    log.output().add(readings, now);
    log.recorder().turn(now);
    cpu += cpu_nanoseconds() - before;
  }
  const std::int64_t before = cpu_nanoseconds();
  if (!log.stop(plant.clock.now())) return 1;
  cpu += cpu_nanoseconds() - before;
  std::printf("readings=%lld cpu_ns=%lld\n", static_cast<long long>(wanted),
              static_cast<long long>(cpu));
  return 0;
}

int read(Plant& plant, const std::string& uplink) {
  plant.clock.set(std::time(nullptr) * second);
  Log log = plant.log(uplink);
  LogReader& reader = log.reader(0);
  DecodedBatch batch(signal_count);
  Position after = reader.cursor(Lane::telemetry).acknowledged;
  std::uint64_t readings = 0;
  const std::int64_t before = cpu_nanoseconds();
  for (;;) {
    const auto found = reader.next(Lane::telemetry, after, batch);
    if (!found) return 1;
    if (!found.value()) break;
    after = batch.position;
    readings += batch.readings.size();
  }
  std::printf("readings=%llu cpu_ns=%lld\n", static_cast<unsigned long long>(readings),
              static_cast<long long>(cpu_nanoseconds() - before));
  return 0;
}

}  // namespace
}  // namespace fieldweir

int main(int count, char** words) {
  const std::string mode = count > 1 ? words[1] : "";
  if (mode == "fill" && count == 6) {
    fieldweir::Plant plant(words[2]);
    return fill(plant, words[3], std::atoll(words[4]), std::string(words[5]) == "plant");
  }
  if (mode == "read" && count == 4) {
    fieldweir::Plant plant(words[2]);
    return read(plant, words[3]);
  }
  std::fprintf(stderr,
               "usage: journal_bench fill PATH UPLINK READINGS plant|random\n"
               "       journal_bench read PATH UPLINK\n");
  return 2;
}
