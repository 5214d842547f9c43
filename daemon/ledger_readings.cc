#include "daemon/ledger_readings.h"

#include <array>

namespace fieldweir {
namespace {

constexpr std::array field_side = {"sampled", "derived", "filtered", "lost", "batched"};
constexpr std::array uplink_side = {"not_selected", "delivered", "queued", "dropped",
                                    "dead_lettered"};

std::size_t signals_for(std::size_t uplinks) {
  return field_side.size() + uplinks * uplink_side.size();
}

template <class Counts>
std::vector<std::string> names(const std::string& prefix, const Counts& counts) {
  std::vector<std::string> all;
  for (const char* count : counts) all.push_back(prefix + count);
  return all;
}

}  // namespace

std::vector<std::string> ledger_signals() { return names("gateway.", field_side); }

std::vector<std::string> ledger_signals_of(std::string_view uplink) {
  return names("gateway.uplinks." + std::string(uplink) + ".", uplink_side);
}

LedgerReadings::LedgerReadings(const Log& log, std::size_t uplinks, SignalId first, Duration every)
    : log_(log), uplinks_(uplinks), first_(first), every_(every) {
  report_.reserve(signals_for(uplinks));
}

void LedgerReadings::add_to(MemoryPlan& memory, std::size_t uplinks) {
  memory.add("ledger readings", signals_for(uplinks), "readings", sizeof(Reading));
}

std::span<const Reading> LedgerReadings::take(Time now) {
  due_ = now + every_;
  report_.clear();
  const auto say = [&](std::uint64_t count) {
    report_.push_back(uint64_reading(first_ + static_cast<SignalId>(report_.size()), now, count));
  };
  const FieldTotals field = log_.ledger().totals();
  for (const std::uint64_t count :
       {field.sampled, field.derived, field.filtered, field.lost_total(), field.batched})
    say(count);
  for (std::size_t i = 0; i < uplinks_; ++i) {
    const UplinkTotals uplink = log_.uplink_totals(i);
    for (const std::uint64_t count : {uplink.not_selected, uplink.delivered, uplink.queued,
                                      uplink.dropped_total(), uplink.dead_lettered})
      say(count);
  }
  return report_;
}

}  // namespace fieldweir
