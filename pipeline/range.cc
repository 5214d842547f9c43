// range: {min, max, else: drop | clamp | mark}. What lies outside is dropped, set to the nearer
// limit, or left as it is; the latter two become uncertain(out of range), so that a receiver can
// tell. `mark` does not say bad, because a bad reading has no value and this one does. Bad
// readings, texts and values without order (NaN under `clamp`: bad(out of range)) are nobody's
// outlier and pass.
#include <cmath>
#include <limits>

#include "pipeline/stage.h"

namespace fieldweir {
namespace {

enum class Else { drop, clamp, mark };

struct RangeSettings final : StageSettings {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  Else otherwise = Else::drop;

  std::unique_ptr<Stage> make() const override;
  std::size_t bytes() const override;
};

/// The limit in the reading's own kind: rounded into the range, or the nearest that the kind has.
Reading clamped(const Reading& reading, double min, double max) {
  Reading out = reading;
  const double value = reading.as_number();
  if (std::isnan(value)) return bad_reading(reading.signal, reading.time, Reason::out_of_range);
  const bool below = value < min;
  const double limit = below ? min : max;
  const double whole = below ? std::ceil(limit) : std::floor(limit);
  switch (reading.kind) {
    case Kind::int64:
      out.bits = std::bit_cast<std::uint64_t>(whole >= 0x1p63    ? INT64_MAX
                                              : whole <= -0x1p63 ? INT64_MIN
                                                                 : std::int64_t(whole));
      break;
    case Kind::uint64:
      out.bits = whole >= 0x1p64 ? UINT64_MAX : whole <= 0 ? 0 : std::uint64_t(whole);
      break;
    case Kind::boolean:
      out.bits = whole >= 1 ? 1 : 0;
      break;
    default:
      out.bits = std::bit_cast<std::uint64_t>(limit);
  }
  return out;
}

class Range final : public Stage {
 public:
  explicit Range(const RangeSettings& settings)
      : min_(settings.min), max_(settings.max), otherwise_(settings.otherwise) {}

  std::size_t run(std::span<const Reading> in, std::span<Reading> out, Time) noexcept override {
    std::size_t written = 0;
    for (const Reading& reading : in) {
      if (passes(reading)) {
        out[written++] = reading;
        continue;
      }
      if (otherwise_ == Else::drop) continue;
      Reading marked = otherwise_ == Else::clamp ? clamped(reading, min_, max_) : reading;
      if (marked.quality == Quality::good) marked.quality = Quality::uncertain;
      marked.reason = Reason::out_of_range;
      out[written++] = marked;
    }
    return written;
  }

 private:
  bool passes(const Reading& reading) const {
    if (reading.quality == Quality::bad || reading.kind == Kind::text) return true;
    const double value = reading.as_number();
    return value >= min_ && value <= max_;
  }

  const double min_;
  const double max_;
  const Else otherwise_;
};

std::unique_ptr<Stage> RangeSettings::make() const { return std::make_unique<Range>(*this); }
std::size_t RangeSettings::bytes() const { return sizeof(Range); }

std::unique_ptr<StageSettings> read(const config::Node& value, config::Mistakes& mistakes) {
  using config::optional;
  static const auto fields =
      config::Fields<RangeSettings>("a range filter")
          .number("min", &RangeSettings::min, optional, "smallest value let through")
          .number("max", &RangeSettings::max, optional, "largest value let through")
          .choice<Else>("else", &RangeSettings::otherwise,
                        {{"drop", Else::drop}, {"clamp", Else::clamp}, {"mark", Else::mark}},
                        optional, "what becomes of others");
  auto settings = std::make_unique<RangeSettings>();
  if (!fields.read(value, *settings, mistakes)) return nullptr;
  if (settings->min <= settings->max) return settings;
  mistakes.add(value.place, "expected 'min' not above 'max'");
  return nullptr;
}

}  // namespace

StageKind range_kind() {
  return {"range", read, "{min, max, else: drop | clamp | mark}",
          "drops, limits or marks values outside of min and max"};
}

}  // namespace fieldweir
