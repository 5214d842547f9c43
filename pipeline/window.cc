#include "pipeline/window.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace fieldweir {
namespace {

constexpr std::array<std::string_view, 7> aggregate_names = {"mean",  "min",   "max", "sum",
                                                             "count", "first", "last"};

bool read_aggregates(const config::Node& node, std::vector<Aggregate>& out,
                     config::Mistakes& mistakes) {
  if (!config::expect_list(node, mistakes)) return false;
  bool good = true;
  for (const config::Node& item : node.items) {
    std::size_t index = 0;
    if (!config::read_choice(item, aggregate_names, index, mistakes)) {
      good = false;
    } else if (const auto aggregate = static_cast<Aggregate>(index);
               std::find(out.begin(), out.end(), aggregate) == out.end()) {
      out.push_back(aggregate);
    } else {
      mistakes.add(item.place, "'" + item.scalar + "' stands here twice");
      good = false;
    }
  }
  if (node.items.empty()) {
    mistakes.add(node.place, "expected at least one of mean, min, max, sum, count, first, last");
    good = false;
  }
  return good;
}

/// Rounds towards minus infinity, so that windows before 1970 do not overlap at it.
std::int64_t floor_divide(Time time, Duration size) {
  return time / size - (time % size < 0 ? 1 : 0);
}

/// From the one that is to be closed at `now - grace`, after this turn's readings, to the one after
/// that of `now`.
std::size_t open_windows(Duration size, Duration grace) {
  return static_cast<std::size_t>((grace + size - 1) / size) + 3;
}

bool less(const Reading& a, const Reading& b) {
  // as doubles two different 64-bit integers can look equal
  if (a.kind == Kind::int64 && b.kind == Kind::int64) return a.as_int64() < b.as_int64();
  if (a.kind == Kind::uint64 && b.kind == Kind::uint64) return a.as_uint64() < b.as_uint64();
  return a.as_number() < b.as_number();
}

}  // namespace

std::string_view to_string(Aggregate aggregate) {
  return aggregate_names[static_cast<std::size_t>(aggregate)];
}

Kind kind_of(Aggregate aggregate, Kind read) {
  switch (aggregate) {
    case Aggregate::mean:
    case Aggregate::sum:
      return Kind::float64;
    case Aggregate::count:
      return Kind::uint64;
    case Aggregate::min:
    case Aggregate::max:
    case Aggregate::first:
    case Aggregate::last:
      break;
  }
  return read;
}

const config::Fields<WindowSettings>& window_fields() {
  using config::required, config::optional;
  static const auto fields =
      config::Fields<WindowSettings>("a window")
          .text("name", &WindowSettings::name, required, "results are signals <name>.<aggregate>")
          .reference("of", &WindowSettings::of, required,
                     "the signal to aggregate, after its filters")
          .duration("tumbling", &WindowSettings::tumbling, {second, day}, required,
                    "size; windows are aligned to the UTC epoch")
          .custom("emit", "list of mean | min | max | sum | count | first | last",
                  &WindowSettings::emit, read_aggregates, required, "what to compute",
                  config::list_schema(config::choice_schema(aggregate_names)))
          .duration("grace", &WindowSettings::grace, {0, 10 * minute}, optional,
                    "how long after its end a window waits for late readings")
          .later({"sliding", "session"});
  return fields;
}

Window::Window(Duration size, Duration grace, std::vector<Result> results)
    : size_(size), grace_(grace), results_(std::move(results)), open_(open_windows(size, grace)) {}

std::size_t Window::bytes_for(Duration size, Duration grace) {
  return sizeof(Window) + open_windows(size, grace) * sizeof(Open);
}

std::int64_t Window::number(Time time) const { return floor_divide(time, size_); }

Window::Open& Window::slot(std::int64_t number) {
  const auto count = static_cast<std::int64_t>(open_.size());
  return open_[static_cast<std::size_t>((number % count + count) % count)];
}

std::size_t Window::make_room(Time now, std::span<Reading> out) {
  if (first_whole_ == unset) first_whole_ = number(now + size_ - 1);
  return close_before(number(now) + 2 - static_cast<std::int64_t>(open_.size()), true, out);
}

std::size_t Window::close(Time now, std::span<Reading> out) {
  return close_before(number(now - grace_), true, out);
}

std::size_t Window::stop(std::span<Reading> out) {
  return close_before(first_open_ + static_cast<std::int64_t>(open_.size()), false, out);
}

std::size_t Window::close_before(std::int64_t first_open, bool whole, std::span<Reading> out) {
  if (first_open <= first_open_) return 0;
  const std::int64_t end =
      std::min(first_open, first_open_ + static_cast<std::int64_t>(open_.size()));
  std::size_t written = 0;
  for (std::int64_t n = first_open_; n < end; ++n) {
    Open& open = slot(n);
    if (open.count + open.excluded == 0) continue;
    written += emit(open, n, whole && n >= first_whole_, out.subspan(written));
    open = Open{};
  }
  first_open_ = first_open;
  return written;
}

void Window::add(const Reading& reading) {
  const std::int64_t n = number(reading.time);
  if (n < first_open_) return late.add();
  if (n >= first_open_ + static_cast<std::int64_t>(open_.size())) return ahead.add();
  Open& open = slot(n);
  const double value = reading.as_number();
  if (reading.quality == Quality::bad || std::isnan(value)) {
    ++open.excluded;
    open.reason = reading.reason == Reason::none ? Reason::wrong_type : reading.reason;
    return;
  }
  if (reading.quality == Quality::uncertain) {
    open.uncertain = true;
    open.reason = reading.reason;
  }
  if (open.count == 0 || less(reading, open.min)) open.min = reading;
  if (open.count == 0 || less(open.max, reading)) open.max = reading;
  if (open.count == 0 || reading.time < open.first.time) open.first = reading;
  if (open.count == 0 || reading.time >= open.last.time) open.last = reading;
  open.sum += value;
  ++open.count;
}

std::size_t Window::emit(const Open& open, std::int64_t number, bool whole,
                         std::span<Reading> out) const {
  const Time start = number * size_;
  const auto value = [&](const Result& result) -> Reading {
    if (open.count == 0) return bad_reading(result.signal, start, open.reason);
    switch (result.aggregate) {
      case Aggregate::mean:
        return float64_reading(result.signal, start, open.sum / static_cast<double>(open.count));
      case Aggregate::sum:
        return float64_reading(result.signal, start, open.sum);
      case Aggregate::count:
        return uint64_reading(result.signal, start, open.count);
      case Aggregate::min:
        return open.min;
      case Aggregate::max:
        return open.max;
      case Aggregate::first:
        return open.first;
      case Aggregate::last:
        break;
    }
    return open.last;
  };
  Quality quality = Quality::good;
  if (!whole || open.uncertain || open.excluded > 0) quality = Quality::uncertain;
  if (open.count == 0) quality = Quality::bad;
  const Reason reason = open.reason == Reason::none && !whole ? Reason::stopped : open.reason;
  std::size_t written = 0;
  for (const Result& result : results_) {
    const Reading read = value(result);
    out[written++] = {start, read.bits, result.signal, read.kind, quality, reason, 0};
  }
  return written;
}

}  // namespace fieldweir
