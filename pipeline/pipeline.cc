#include "pipeline/pipeline.h"

#include <algorithm>

#include "core/check.h"

namespace fieldweir {
namespace {

/// By how much the clock is ahead of a gateway time that is wrong; 0 if that is right, or if nobody
/// knows.
Duration ahead_of_gateway_time(const Clock& clock) {
  constexpr Duration right = 500 * millisecond;
  if (!clock.synchronised()) return 0;
  const Duration ahead = clock.wall() - clock.now();
  return ahead >= -right && ahead <= right ? 0 : ahead;
}

std::size_t index_of(const StageKind& kind) {
  const auto kinds = stage_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](const StageKind& each) { return each.key == kind.key; });
  FIELDWEIR_CHECK(found != kinds.end());
  return static_cast<std::size_t>(found - kinds.begin());
}

}  // namespace

Pipeline::Pipeline(const PipelinePlan& plan, LatestValues& latest, Output& output)
    : routes_(plan.signals), latest_(latest), output_(output), held_back_(stage_kinds().size()) {
  for (const FilteredSignals& signals : plan.filtered) add_chains(signals);
  add_windows(plan.windows);
}

void Pipeline::add_bus(const BusSource& bus) {
  buses_.push_back({bus});
  rounds_ = std::max(rounds_, bus.ring.capacity() / chunk);
}

void Pipeline::add_chains(const FilteredSignals& signals) {
  if (signals.profile.empty()) return;
  for (SignalId signal = signals.first; signal < signals.first + signals.count; ++signal) {
    Chain chain;
    std::size_t most = 1;
    for (const Step& step : signals.profile) {
      chain.push_back({step.settings->make(), &held_back_[index_of(*step.kind)]});
      most = chain.back().stage->output_max(most);
      for (auto& side : filtering_) side.resize(std::max(side.size(), most));
    }
    routes_[signal].chain = static_cast<std::uint32_t>(chains_.size());
    chains_.push_back(std::move(chain));
  }
}

void Pipeline::add_windows(std::vector<WindowPlan> plans) {
  std::stable_sort(plans.begin(), plans.end(),
                   [](const WindowPlan& a, const WindowPlan& b) { return a.of < b.of; });
  for (const WindowPlan& plan : plans) {
    std::uint32_t& first = routes_[plan.of].window;
    first = std::min(first, static_cast<std::uint32_t>(windows_.size()));
    windows_.emplace_back(plan);
    results_.resize(std::max(results_.size(), windows_.back().window.most_results()));
  }
  if (windows_.empty()) windows_due_ = never;
}

void Pipeline::add_to(MemoryPlan& memory, const PipelinePlan& plan) {
  memory.add("pipeline", 1, "pipeline", sizeof(Pipeline));
  memory.add("routes of signals", plan.signals, "signals", sizeof(Route));
  for (const FilteredSignals& signals : plan.filtered)
    if (!signals.profile.empty())
      memory.add("filters", signals.count, "signals",
                 bytes_of(signals.profile) + signals.profile.size() * sizeof(ChainStep));
  for (const WindowPlan& window : plan.windows)
    memory.add("window", 1, "window", Window::bytes_for(window.size, window.grace));
}

Time Pipeline::turn(Time now) {
  for (Bus& bus : buses_) report_losses(bus, now);
  if (clock_ != nullptr && !windows_.empty()) clock_ahead_ = ahead_of_gateway_time(*clock_);
  if (now >= windows_due_) make_room_in_windows(now);
  const bool more = take_from_buses(now);
  const Time own_due = take_own(now);
  if (now >= windows_due_) close_windows(now);
  hand_over(now);
  const Time output_due = output_.tick(now);
  return more ? now : std::min({windows_due_, own_due, output_due});
}

void Pipeline::finish(Time now) {
  turn(now);  // its bound is what full rings hold, and nobody fills them any more
  for (SignalWindow& each : windows_) add_results(each.window.stop(results_), now);
  hand_over(now);
  output_.flush(now);
}

void Pipeline::report_losses(Bus& bus, Time now) {
  for (std::size_t i = 0; i < bus.lost.size(); ++i) {
    const std::uint64_t lost = bus.source.account.lost.by_reason[i].get();
    if (lost == bus.lost[i]) continue;
    output_.lost(static_cast<Reason>(i), std::min(bus.looked_at, now), now, lost - bus.lost[i]);
    bus.lost[i] = lost;
  }
  bus.looked_at = now;
}

/// Whether a ring may hold more.
bool Pipeline::take_from_buses(Time now) {
  bool more = true;
  for (std::size_t round = 0; more && round < rounds_; ++round) {
    more = false;
    for (Bus& bus : buses_) {
      const std::size_t count = bus.source.ring.pop(taken_);
      take(std::span(taken_).first(count), now);
      more = more || count == taken_.size();
    }
  }
  return more;
}

/// When next.
Time Pipeline::take_own(Time now) {
  if (own_ == nullptr) return never;
  if (now >= own_->due()) {
    const std::span<const Reading> readings = own_->take(now);
    account_.derived.add(readings.size());
    take(readings, now);
  }
  return own_->due();
}

void Pipeline::take(std::span<const Reading> readings, Time now) {
  for (const Reading& reading : readings) {
    FIELDWEIR_CHECK(reading.signal < routes_.size());
    const Route route = routes_[reading.signal];
    if (route.chain == none) {
      pass(reading, now);
      feed_windows(route.window, reading);
      continue;
    }
    for (const Reading& left : filter(chains_[route.chain], reading, now)) {
      pass(left, now);
      feed_windows(route.window, left);
    }
  }
}

std::span<const Reading> Pipeline::filter(Chain& chain, const Reading& reading, Time now) {
  std::span<const Reading> in(&reading, 1);
  std::size_t side = 0;
  for (ChainStep& step : chain) {
    const std::size_t count = step.stage->run(in, filtering_[side], now);
    if (count < in.size()) {
      step.held_back->add(in.size() - count);
      account_.filtered.add(in.size() - count);
    } else {
      account_.derived.add(count - in.size());
    }
    in = std::span<const Reading>(filtering_[side]).first(count);
    if (in.empty()) break;
    side = 1 - side;
  }
  return in;
}

/// Windows are of gateway time; when it is corrected, their results will be, too.
void Pipeline::feed_windows(std::uint32_t first, Reading reading) {
  if ((reading.flags & source_time) != 0) reading.time -= clock_ahead_;
  for (std::size_t i = first; i < windows_.size() && windows_[i].of == reading.signal; ++i)
    windows_[i].window.add(reading);
}

void Pipeline::make_room_in_windows(Time now) {
  for (SignalWindow& each : windows_) add_results(each.window.make_room(now, results_), now);
}

void Pipeline::close_windows(Time now) {
  windows_due_ = never;
  for (SignalWindow& each : windows_) {
    add_results(each.window.close(now, results_), now);
    windows_due_ = std::min(windows_due_, each.window.due());
  }
}

void Pipeline::add_results(std::size_t count, Time now) {
  account_.derived.add(count);
  for (const Reading& result : std::span(results_).first(count)) pass(result, now);
}

void Pipeline::pass(const Reading& reading, Time now) {
  latest_.write(reading);
  passed_[passed_count_++] = reading;
  if (passed_count_ == passed_.size()) hand_over(now);
}

void Pipeline::hand_over(Time now) {
  if (passed_count_ > 0) output_.add(std::span(passed_).first(passed_count_), now);
  passed_count_ = 0;
}

std::uint64_t Pipeline::filtered_by(const StageKind& kind) const {
  return held_back_[index_of(kind)].get();
}

std::uint64_t Pipeline::late_for_windows() const {
  std::uint64_t sum = 0;
  for (const SignalWindow& each : windows_) sum += each.window.late.get() + each.window.ahead.get();
  return sum;
}

}  // namespace fieldweir
