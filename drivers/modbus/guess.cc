#include "drivers/modbus/guess.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>

namespace fieldweir {
namespace {

struct Scale {
  double factor;
  double cost;
};

// What makers use; a float rarely has more than a change of prefix.
constexpr Scale integer_scales[] = {{1, 0},     {0.1, 0.2}, {0.01, 0.4}, {0.001, 0.8}, {10, 1},
                                    {100, 1.5}, {1000, 2},  {0.5, 2},    {0.05, 3},    {0.2, 3},
                                    {0.02, 3},  {0.25, 3},  {0.005, 3}};
constexpr Scale float_scales[] = {{1, 0},    {0.001, 1}, {1000, 1.5}, {0.1, 3},
                                  {0.01, 3}, {10, 3},    {100, 3}};

bool is_real(ModbusType type) { return info(type).shape == ModbusShape::real; }

std::span<const Scale> scales(ModbusType type) {
  return is_real(type) ? std::span<const Scale>(float_scales)
                       : std::span<const Scale>(integer_scales);
}

double cost_of(const Interpretation& way) {
  double cost = 0.25 * (way.registers() / 2);
  if (way.registers() > 1 && way.word_order == Order::little) cost += 0.7;
  if (way.byte_order == Order::little) cost += 2;
  return cost;
}

/// The more raw values would have done as well, the less it says that this one did.
double cost_of_chance(const Interpretation& way, double scale, const KnownValue& known) {
  return is_real(way.type) ? 0 : 0.5 * std::log10(1 + 2 * known.tolerance / scale);
}

double cost_of_error(double value, const KnownValue& known) {
  return 0.5 * std::abs(value - known.value) / known.tolerance;
}

/// As the driver scales: 2304 / 10, not 2304 x 0.1.
double scaled(double raw, double scale) {
  return scale < 1 ? raw / std::round(1 / scale) : raw * scale;
}

/// Of the island's registers from `index` on; NaN where they hold no number.
double number_at(ModbusTable table, const Survey::Island& island, std::size_t index,
                 ModbusValue& value) {
  const Reading reading = value.decode(table, island.data, index, 0, 0);
  return reading.quality == Quality::good ? reading.as_number() : std::nan("");
}

}  // namespace

bool KnownValue::matches(double candidate) const {
  // the tolerance itself has no exact form: 0.05 from 230.4 is still right
  return std::abs(candidate - value) <= tolerance * (1 + 1e-9);
}

std::optional<KnownValue> known_value(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  const std::size_t digits = text.substr(0, text.find_first_of("eE")).size();
  const std::size_t point = text.find('.');
  const std::size_t decimals = point == std::string_view::npos ? 0 : digits - point - 1;
  return KnownValue{value, 0.5 * std::pow(10, -static_cast<double>(decimals))};
}

std::vector<Guess> guess(ModbusTable table, const std::vector<Survey::Island>& islands,
                         const KnownValue& known) {
  TextTable no_texts(1);
  std::vector<Guess> found;
  for (const Interpretation& way : interpretations()) {
    ModbusValue value(way.format(), no_texts);
    for (const Survey::Island& island : islands)
      for (std::size_t i = 0; i + way.registers() <= island.range.count(); ++i) {
        const double raw = number_at(table, island, i, value);
        for (const Scale& scale : scales(way.type)) {
          const double candidate = scaled(raw, scale.factor);
          if (!known.matches(candidate)) continue;
          const double cost = scale.cost + cost_of(way) + cost_of_chance(way, scale.factor, known) +
                              cost_of_error(candidate, known);
          found.push_back({static_cast<std::uint16_t>(island.range.first + i), way, scale.factor,
                           candidate, cost});
        }
      }
  }
  std::ranges::stable_sort(found, {}, [](const Guess& g) { return std::tuple(g.cost, g.address); });
  return found;
}

std::vector<Guess> still_right(const std::vector<Guess>& guesses, ModbusTable table,
                               const std::vector<Survey::Island>& islands,
                               const KnownValue& known) {
  std::vector<Guess> right;
  for (const Guess& now : guess(table, islands, known))
    for (const Guess& before : guesses)
      if (now.address == before.address && now.scale == before.scale && now.way == before.way)
        right.push_back({now.address, now.way, now.scale, now.value, now.cost + before.cost});
  std::ranges::stable_sort(right, {}, [](const Guess& g) { return std::tuple(g.cost, g.address); });
  return right;
}

}  // namespace fieldweir
