// Ledger: where every reading went (promise 2), across restarts. Owned by the Log.
//
//   field side:  sampled + derived = filtered + lost + batched    (at rest)
//   per uplink:  batched = not_selected + delivered + queued + dropped + dead_lettered
//
// Workers count in their own accounts; the ledger only holds const pointers to them, adds up what
// they say now and what earlier runs left behind (`resume`). What was batched and the per-uplink
// half are kept by the Tail, under its lock, so that cursors and counts are always of one moment.
// Any thread may ask for totals; accounts are registered while the gateway is built.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/account.h"

namespace fieldweir {

using ByReason = std::array<std::uint64_t, reason_count>;

struct FieldTotals {
  std::uint64_t sampled = 0;
  std::uint64_t derived = 0;
  std::uint64_t filtered = 0;
  std::uint64_t batched = 0;
  ByReason lost{};  // before a batch
  Time at = 0;      // when these were stored
  std::uint64_t lost_total() const;
  /// sampled + derived - filtered - lost - batched: what is on its way; 0 at rest, and where counts
  /// that were read one after the other would give less.
  std::uint64_t under_way() const;
};

struct UplinkTotals {
  std::uint64_t batched = 0;
  std::uint64_t not_selected = 0;
  std::uint64_t delivered = 0;
  std::uint64_t queued = 0;
  std::uint64_t dead_lettered = 0;
  ByReason dropped{};
  std::uint64_t dropped_total() const;
  bool balanced() const;
  /// What was in flight when a damaged journal was given up was counted as dropped(corrupt), and
  /// may arrive all the same.
  void settle(std::uint64_t readings) {
    const std::uint64_t given_up = readings > queued ? readings - queued : 0;
    queued -= readings - given_up;
    dropped[static_cast<std::size_t>(Reason::corrupt)] -= given_up;
  }
  /// They are not queued any more.
  void drop(Reason reason, std::uint64_t readings) {
    dropped[static_cast<std::size_t>(reason)] += readings;
    queued -= readings;
  }
  void drop(const ByReason& readings) {
    for (std::size_t i = 0; i < readings.size(); ++i) drop(static_cast<Reason>(i), readings[i]);
  }
};

class Tail;  // which counts what was batched

class Ledger {
 public:
  explicit Ledger(const Tail& tail) : tail_(tail) {}

  /// While building.
  void watch(const BusAccount& bus) { buses_.push_back(&bus); }
  void watch(const PipelineAccount& pipeline) { pipelines_.push_back(&pipeline); }

  /// What earlier runs left. What was under way when an unclean run ended is lost(unclean stop).
  void resume(FieldTotals earlier);

  FieldTotals totals() const;
  /// As of when so many were `batched` in this run: what was since is under way.
  FieldTotals totals(std::uint64_t batched) const;

 private:
  const Tail& tail_;
  FieldTotals earlier_;
  std::vector<const BusAccount*> buses_;
  std::vector<const PipelineAccount*> pipelines_;
};

}  // namespace fieldweir
