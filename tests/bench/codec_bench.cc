// codec_bench: bytes and nanoseconds per reading of the batch codec and of the json format, on data
// like a plant's: temperatures with a resolution of 0.1, counters, flows, switches. One line per
// figure:
//   name TAB figure TAB unit TAB limit
// CPU time of this thread, the least of several runs, because the machine is shared.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <vector>

#include "buffer/codec.h"
#include "core/random.h"

namespace fieldweir {
namespace {

constexpr Time start = 1'767'225'600 * second;

double cpu_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// `rows` readings of `signals` signals that one device after the other answers, 100 at a time.
std::vector<Reading> plant(std::size_t rows, std::size_t signals, Random& random) {
  std::vector<Reading> readings;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto signal = static_cast<SignalId>(i % signals);
    const std::size_t poll = i / 100;
    const Time time = start + static_cast<Time>(poll) * 100 * millisecond +
                      static_cast<Time>(poll) * 137 * microsecond;
    const double wave = std::sin(static_cast<double>(i / signals) / 60.0 + signal);
    switch (signal % 4) {
      case 0:
      case 1: {
        const double tenths = std::round(600 + 50 * wave + 3 * random.unit());
        readings.push_back(float64_reading(signal, time, tenths * 0.1));
        break;
      }
      case 2:
        readings.push_back(uint64_reading(signal, time, 1'000'000 * signal + i / signals * 7));
        break;
      default:
        readings.push_back(boolean_reading(signal, time, wave > 0));
        break;
    }
  }
  return readings;
}

double best_of(int runs, std::size_t rows, const std::function<void()>& work) {
  double best = 1e18;
  for (int run = 0; run < runs; ++run) {
    constexpr int repeats = 200;
    const double before = cpu_nanoseconds();
    for (int i = 0; i < repeats; ++i) work();
    best = std::min(best, (cpu_nanoseconds() - before) / repeats / static_cast<double>(rows));
  }
  return best;
}

void measure(std::size_t rows, std::size_t signals, double most_bytes) {
  Random random(1);
  const std::vector<Reading> readings = plant(rows, signals, random);
  Encoder encoder(rows, signals);
  Decoder decoder(rows);
  std::vector<std::byte> bytes(encoded_max(rows));
  BatchHeader header;
  header.position = header.replaces_from = {1, 1, 1};
  std::size_t size = 0;
  const double encode =
      best_of(20, rows, [&] { size = encoder.encode(header, readings, {}, bytes); });
  std::vector<Reading> back;
  std::vector<Thinned> thinned;
  std::vector<BatchText> texts;
  back.reserve(rows);
  const double decode = best_of(20, rows, [&] {
    if (!decoder.decode(std::span(bytes).first(size), header, back, thinned, texts)) std::abort();
  });
  if (back != readings) std::abort();
  std::printf("codec bytes per reading, %zu a batch\t%.2f\tB\t%g\n", rows,
              static_cast<double>(size) / static_cast<double>(rows), most_bytes);
  std::printf("  encode\t%.1f\tns\t40\n  decode\t%.1f\tns\t40\n", encode, decode);
}

}  // namespace
}  // namespace fieldweir

int main() {
  fieldweir::measure(1000, 100, 4);
  fieldweir::measure(100, 100, 6);
}
