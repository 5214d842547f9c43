// rate_limit: 10s. Lets one reading through per stretch of event time, counted from the last one
// let through. Every change of quality or reason comes out at once, bad readings included;
// repetitions of the same bad reading are limited like any other.
#include "pipeline/stage.h"

namespace fieldweir {
namespace {

struct RateLimitSettings final : StageSettings {
  Duration every = second;

  std::unique_ptr<Stage> make() const override;
  std::size_t bytes() const override;
};

class RateLimit final : public Stage {
 public:
  explicit RateLimit(Duration every) : every_(every) {}

  std::size_t run(std::span<const Reading> in, std::span<Reading> out, Time) noexcept override {
    std::size_t written = 0;
    for (const Reading& reading : in) {
      if (known_ && held(reading)) continue;
      last_time_ = reading.time;
      last_quality_ = reading.quality;
      last_reason_ = reading.reason;
      known_ = true;
      out[written++] = reading;
    }
    return written;
  }

 private:
  bool held(const Reading& reading) const {
    if (reading.quality != last_quality_ || reading.reason != last_reason_) return false;
    // time that runs backwards must not silence a signal until it has caught up
    const Duration since = reading.time - last_time_;
    return since >= 0 && since < every_;
  }

  const Duration every_;
  Time last_time_ = 0;
  Quality last_quality_ = Quality::good;
  Reason last_reason_ = Reason::none;
  bool known_ = false;
};

std::unique_ptr<Stage> RateLimitSettings::make() const {
  return std::make_unique<RateLimit>(every);
}
std::size_t RateLimitSettings::bytes() const { return sizeof(RateLimit); }

std::unique_ptr<StageSettings> read(const config::Node& value, config::Mistakes& mistakes) {
  auto settings = std::make_unique<RateLimitSettings>();
  if (!config::read_duration(value, {millisecond, day}, settings->every, mistakes)) return nullptr;
  return settings;
}

}  // namespace

StageKind rate_limit_kind() {
  return {"rate_limit", read, "duration 1ms..1d", "at most one reading per duration"};
}

}  // namespace fieldweir
