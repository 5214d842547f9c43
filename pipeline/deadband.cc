// deadband: {abs, heartbeat}. Holds a reading back while it is within `abs` of the last one let
// through. Every change of quality, reason or kind comes out at once, bad readings included; and
// after `heartbeat` of event time the next reading comes out whatever it is, so that silence never
// means dead.
#include <cmath>

#include "pipeline/stage.h"

namespace fieldweir {
namespace {

struct DeadbandSettings final : StageSettings {
  double abs = 0;
  Duration heartbeat = 5 * minute;

  std::unique_ptr<Stage> make() const override;
  std::size_t bytes() const override;
};

double distance(std::uint64_t a, std::uint64_t b) {
  return static_cast<double>(a > b ? a - b : b - a);
}

/// Exact for neighbouring 64-bit integers, which as doubles would look equal.
double distance(const Reading& a, const Reading& b) {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;  // maps int64 to uint64 in order
  if (a.kind == Kind::int64) return distance(a.bits ^ sign, b.bits ^ sign);
  if (a.kind == Kind::float64) return std::fabs(a.as_float64() - b.as_float64());
  return distance(a.bits, b.bits);
}

class Deadband final : public Stage {
 public:
  explicit Deadband(const DeadbandSettings& settings)
      : abs_(settings.abs), heartbeat_(settings.heartbeat) {}

  std::size_t run(std::span<const Reading> in, std::span<Reading> out, Time) noexcept override {
    std::size_t written = 0;
    for (const Reading& reading : in) {
      if (known_ && held(reading)) continue;
      last_ = reading;
      known_ = true;
      out[written++] = reading;
    }
    return written;
  }

 private:
  bool held(const Reading& reading) const {
    if (reading.quality != last_.quality || reading.reason != last_.reason ||
        reading.kind != last_.kind)
      return false;
    // time that runs backwards must not silence a signal until it has caught up
    const Duration since = reading.time - last_.time;
    if (since < 0 || since >= heartbeat_) return false;
    // a different text is a change, however near its number in the table
    if (reading.kind == Kind::text) return reading.bits == last_.bits;
    // NaN is within no distance
    return distance(reading, last_) <= abs_;
  }

  const double abs_;
  const Duration heartbeat_;
  Reading last_;
  bool known_ = false;
};

std::unique_ptr<Stage> DeadbandSettings::make() const { return std::make_unique<Deadband>(*this); }
std::size_t DeadbandSettings::bytes() const { return sizeof(Deadband); }

std::unique_ptr<StageSettings> read(const config::Node& value, config::Mistakes& mistakes) {
  static const auto fields =
      config::Fields<DeadbandSettings>("a deadband filter")
          .number("abs", &DeadbandSettings::abs, {0, 1e300}, config::required,
                  "largest change that is held back, in the signal's unit")
          .duration("heartbeat", &DeadbandSettings::heartbeat, {second, day}, config::optional,
                    "longest silence while readings come in")
          .later({"percent"});
  auto settings = std::make_unique<DeadbandSettings>();
  if (!fields.read(value, *settings, mistakes)) return nullptr;
  return settings;
}

}  // namespace

StageKind deadband_kind() {
  return {"deadband", read, "{abs, heartbeat}", "holds small changes back"};
}

}  // namespace fieldweir
