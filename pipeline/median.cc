// median: n. Each number is replaced by the median of the last n, at its own time: single spikes
// vanish, steps stay, and come (n - 1) / 2 readings late. The result is one of the numbers read, so
// kind and quality are that one's; while fewer than n are known, the lower of the two middle ones.
// Bad readings pass and clear the memory: values from before a failure must not outvote those
// after. Texts pass.
#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/stage.h"

namespace fieldweir {
namespace {

constexpr std::size_t most = 31;

struct MedianSettings final : StageSettings {
  std::size_t n = 3;

  std::unique_ptr<Stage> make() const override;
  std::size_t bytes() const override;
};

class Median final : public Stage {
 public:
  explicit Median(std::size_t n) : n_(n) {}

  std::size_t run(std::span<const Reading> in, std::span<Reading> out, Time) noexcept override {
    std::transform(in.begin(), in.end(), out.begin(), [this](const Reading& r) { return next(r); });
    return in.size();
  }

 private:
  /// A number and where among `recent_` its reading is.
  struct Ranked {
    double number;
    std::uint8_t at;
  };

  Reading next(const Reading& reading) {
    if (reading.quality == Quality::bad) size_ = next_ = 0;
    const double number = reading.as_number();
    if (reading.quality == Quality::bad || std::isnan(number)) return reading;
    if (size_ == n_) forget(next_);
    const auto end = ranked_.begin() + size_;
    const auto place =
        std::upper_bound(ranked_.begin(), end, number,
                         [](double value, const Ranked& r) { return value < r.number; });
    std::copy_backward(place, end, end + 1);
    *place = {number, next_};
    recent_[next_] = reading;
    ++size_;
    next_ = static_cast<std::uint8_t>((next_ + 1) % n_);
    Reading median = recent_[ranked_[(size_ - 1) / 2].at];
    median.time = reading.time;
    median.flags = reading.flags;
    return median;
  }

  void forget(std::uint8_t at) {
    const auto end = ranked_.begin() + size_;
    const auto oldest =
        std::find_if(ranked_.begin(), end, [at](const Ranked& r) { return r.at == at; });
    std::copy(oldest + 1, end, oldest);
    --size_;
  }

  const std::size_t n_;
  std::uint8_t size_ = 0;
  std::uint8_t next_ = 0;
  std::array<Ranked, most> ranked_;   // ascending
  std::array<Reading, most> recent_;  // a circle of n
};

std::unique_ptr<Stage> MedianSettings::make() const { return std::make_unique<Median>(n); }
std::size_t MedianSettings::bytes() const { return sizeof(Median); }

std::unique_ptr<StageSettings> read(const config::Node& value, config::Mistakes& mistakes) {
  std::int64_t n = 0;
  if (!config::read_integer(value, {3, most}, n, mistakes)) return nullptr;
  if (n % 2 == 0) {
    mistakes.add(value.place, "expected an odd number, such as 5");
    return nullptr;
  }
  auto settings = std::make_unique<MedianSettings>();
  settings->n = static_cast<std::size_t>(n);
  return settings;
}

}  // namespace

StageKind median_kind() {
  return {"median", read, "odd integer 3..31", "median of the last n values, against spikes"};
}

}  // namespace fieldweir
