// format_batches: the batches of which golden files show what each format makes.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "tests/support/memory_log.h"
#include "uplink/formats/format.h"

namespace fieldweir {

inline constexpr Position here{0x9f2c51aa, 12, 918273};
inline constexpr Time t = 1'767'225'600'123 * millisecond + 456'789;

struct Golden {
  std::string name;
  DecodedBatch batch;
  Envelope envelope;
};

/// The simplest message there is.
inline Golden contract() {
  static const Signals signals{"boiler.supply_temp"};
  return {"contract",
          signals.batch(here, {float64_reading(0, t, 73.4)}),
          {.gateway = "packing-7", .prev = {0x9f2c51aa, 12, 918272}}};
}

/// Every kind of value and quality.
inline Golden kinds() {
  static const Signals signals{"d.f", "d.i", "d.u", "d.b", "d.t"};
  DecodedBatch batch = signals.batch(here);
  batch.texts = {std::string_view("heating")};
  Reading uncertain = int64_reading(1, t, -5);
  uncertain.quality = Quality::uncertain;
  uncertain.reason = Reason::out_of_range;
  batch.readings = {float64_reading(0, t, -0.1),
                    float64_reading(0, t, 1e300),
                    float64_reading(0, t, 20),
                    int64_reading(1, t, -9'007'199'254'740'992),
                    int64_reading(1, t, -9'007'199'254'740'993),
                    int64_reading(1, t, INT64_MIN),
                    uint64_reading(2, t, 9'007'199'254'740'992),
                    uint64_reading(2, t, UINT64_MAX),
                    boolean_reading(3, t, true),
                    boolean_reading(3, t, false),
                    text_reading(4, t, 0),
                    uncertain,
                    bad_reading(0, t, Reason::illegal_address),
                    float64_reading(0, t, std::numeric_limits<double>::quiet_NaN()),
                    float64_reading(0, t, -std::numeric_limits<double>::infinity())};
  return {"kinds", std::move(batch), {.gateway = "g"}};
}

/// Gaps, and whatever else can be special about a batch.
inline Golden special() {
  static const Signals signals{"d.f"};
  DecodedBatch batch = signals.batch(here, {float64_reading(0, -1, 1)}, Lane::events);
  batch.replaces_from = {0x9f2c51aa, 11, 7};
  batch.clock_synchronised = false;
  batch.gaps = {{t, t + second, 42, Reason::ring_full}, {t, t, Gap::unknown, Reason::unclean_stop}};
  batch.gaps[0].signals.add("d.f");
  batch.gaps[0].signals.add("say \"no\",.*");
  return {"special", std::move(batch), {.gateway = "g", .prev = {1, 11, 6}, .historical = true}};
}

/// Names, units and texts that have to be escaped, times that differ.
inline Golden texts() {
  static const SignalTable table = [] {
    SignalTable made(3);
    made.define({.name = std::string_view("Küche, links.a=b"), .unit = std::string_view("°C")});
    made.define({.name = std::string_view("d.back\\slash\n"), .unit = std::string_view("m³/h")});
    made.define({.name = std::string_view("d.t")});
    return made;
  }();
  DecodedBatch batch(4);
  batch.position = batch.replaces_from = here;
  batch.signals = &table;
  batch.texts = {std::string_view("say \"no\",\nthen \\ and \xFF stop")};
  batch.readings = {float64_reading(0, t, 21.5), float64_reading(1, t + 250 * millisecond, 3),
                    text_reading(2, t + second, 0), boolean_reading(2, t - second / 2, true)};
  return {"texts", std::move(batch), {.gateway = "g-1"}};
}

/// One of the messages that a batch became.
inline Golden part() {
  Golden golden = contract();
  golden.name = "part";
  golden.envelope.part = {2, 3};
  return golden;
}

/// What stands for several: numbers, a value each of booleans and texts, bad ones; and one alone.
inline Golden thin() {
  static const Signals signals{"d.f", "d.b", "d.t"};
  DecodedBatch batch = signals.batch(here);
  batch.replaces_from = {0x9f2c51aa, 12, 918000};
  batch.interval = minute;
  batch.texts = {std::string_view("heating")};
  const Time start = t / minute * minute;
  const auto mean = [](double value) { return std::bit_cast<std::uint64_t>(value); };
  batch.thinned = {{mean(73.4), 70.1, 75, 60},
                   {mean(-2), -2, -2, 12},
                   {1, 0, 0, 40},
                   {0, 0, 0, 20},
                   {0, 0, 0, 7},
                   {0, 0, 0, 3}};
  batch.readings = {float64_reading(0, start, 0),     float64_reading(0, start, 0),
                    boolean_reading(1, start, false), boolean_reading(1, start, false),
                    text_reading(2, start, 0),        bad_reading(0, start, Reason::timeout)};
  for (std::size_t i = 0; i < batch.readings.size(); ++i) {
    batch.readings[i].flags = thinned;
    batch.readings[i].bits = i;
    if (i > 0) batch.readings[i].time += static_cast<Time>(i) * second;
  }
  batch.readings[1].quality = Quality::uncertain;
  batch.readings[1].reason = Reason::stale;
  batch.readings.push_back(int64_reading(0, t, 5));
  return {"thinned", std::move(batch), {.gateway = "g", .prev = {0x9f2c51aa, 12, 917999}}};
}

inline std::vector<Golden> all_golden() {
  return {contract(), kinds(), special(), texts(), part(), thin()};
}

inline std::string written(const Format& format, const DecodedBatch& batch,
                           const Envelope& envelope) {
  std::vector<char> out(
      format.size_max(batch.readings.size(), batch.gaps.size(), envelope.gateway));
  return {out.data(), format.write(batch, envelope, out)};
}

}  // namespace fieldweir
