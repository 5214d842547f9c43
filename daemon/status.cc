#include "daemon/status.h"

#include "daemon/gateway.h"
#include "daemon/json.h"
#include "daemon/plan.h"
#include "daemon/version.h"

namespace fieldweir {
namespace {

Json seconds(Duration duration) { return static_cast<double>(duration / millisecond) / 1000.0; }

Json in_milliseconds(Duration duration) {
  return static_cast<double>(duration / microsecond) / 1000.0;
}

/// Milliseconds since 1970, or null for "never".
Json milliseconds(Time time) { return time <= 0 ? Json() : Json(time / millisecond); }

Json text(std::string_view view) { return std::string(view); }

Json error_text(const Error& error) {
  return error.reason == Reason::none ? Json() : text(error.text);
}

template <class Counts>
Json by_reason(const Counts& counts) {
  Json json = Json::object();
  for (int i = 0; i < reason_count; ++i)
    if (const std::uint64_t n = counts[static_cast<std::size_t>(i)]; n > 0)
      json[std::string(to_string(static_cast<Reason>(i)))] = n;
  return json;
}

Json value_of(const Gateway& gateway, const Reading& reading) {
  switch (reading.kind) {
    case Kind::float64:
      return reading.as_float64();
    case Kind::int64:
      return reading.as_int64();
    case Kind::uint64:
      return reading.as_uint64();
    case Kind::boolean:
      return reading.as_boolean();
    case Kind::text:
      return text(gateway.texts()[reading.as_text()]);
    case Kind::none:
      break;
  }
  return Json();
}

Json latency(const DeviceStatus& device) {
  return {{"p50", in_milliseconds(device.p50)},
          {"p95", in_milliseconds(device.p95)},
          {"p99", in_milliseconds(device.p99)}};
}

Json devices(const Gateway& gateway) {
  Json json = Json::array();
  for (const auto& bus : gateway.buses())
    for (const DeviceStatus& device : bus.worker->status())
      json.push_back({{"name", text(device.device)},
                      {"bus", text(bus.worker->name())},
                      {"state", text(to_string(device.state))},
                      {"last_good", milliseconds(device.last_good)},
                      {"polls", device.polls},
                      {"skipped", device.skipped},
                      {"discarded", device.discarded},
                      {"holes", device.holes},
                      {"requested_per_s", device.requested},
                      {"achieved_per_s", device.achieved},
                      {"latency_ms", latency(device)},
                      {"errors", by_reason(device.errors)},
                      {"last_error", error_text(device.last_error)},
                      {"last_error_time", milliseconds(device.last_error_time)}});
  return json;
}

Json signals(const Gateway& gateway) {
  Json json = Json::array();
  for (SignalId id = 0; id < gateway.signals().size(); ++id) {
    if (!gateway.signals().known(id)) continue;
    const SignalTable::Signal& signal = gateway.signals()[id];
    Json row = {{"name", text(signal.name)}, {"unit", text(signal.unit)}};
    if (const auto reading = gateway.latest().read(id)) {
      row["value"] = value_of(gateway, *reading);
      row["quality"] = text(to_string(reading->quality));
      if (reading->quality != Quality::good) row["reason"] = text(to_string(reading->reason));
      row["ts"] = milliseconds(reading->time);
    }
    json.push_back(std::move(row));
  }
  return json;
}

Json buses(const Gateway& gateway) {
  Json json = Json::array();
  for (const auto& bus : gateway.buses())
    json.push_back({{"name", text(bus.worker->name())},
                    {"ring_used", bus.ring->size()},
                    {"ring_capacity", bus.ring->capacity()},
                    {"sampled", bus.worker->account().sampled.get()},
                    {"lost", bus.worker->account().lost.total()}});
  return json;
}

Json filters(const Gateway& gateway) {
  Json json = Json::object();
  for (const StageKind& kind : stage_kinds())
    json[std::string(kind.key)] = gateway.pipeline().filtered_by(kind);
  return json;
}

Json position(const Position& at) { return {at.epoch, at.seq}; }

Json absent_uplinks(const LogStatus& log) {
  Json json = Json::array();
  for (const AbsentStatus& uplink : log.absent)
    json.push_back(
        {{"name", uplink.name}, {"since", milliseconds(uplink.since)}, {"queued", uplink.queued}});
  return json;
}

Json buffer(const LogStatus& log) {
  Json lanes = Json::object();
  for (int i = 0; i < lane_count; ++i) {
    const LaneStatus& lane = log.lanes[static_cast<std::size_t>(i)];
    lanes[std::string(to_string(static_cast<Lane>(i)))] = {{"last", position(lane.last)},
                                                           {"batches", lane.journal_batches},
                                                           {"bytes", lane.journal_bytes}};
  }
  const JournalStatus& journal = log.journal;
  return {{"tail_used", log.tail_used},
          {"tail_slots", log.tail_slots},
          {"at_risk", log.at_risk},
          {"lanes", std::move(lanes)},
          {"absent_uplinks", absent_uplinks(log)},
          {"writable", journal.writable},
          {"problem", journal.problem == Reason::none ? Json() : text(journal.problem_text)},
          {"set_aside", journal.aside.empty() ? Json() : text(journal.aside)},
          {"low_disk", journal.low_disk},
          {"ballast", journal.ballast},
          {"database_bytes", journal.database_bytes},
          {"wal_bytes", journal.wal_bytes},
          {"limit_bytes", journal.limit_bytes},
          {"commits", journal.commits},
          {"bytes_written", journal.bytes_written},
          {"longest_commit_s", seconds(journal.longest_commit)},
          {"last_commit", milliseconds(journal.last_commit)}};
}

Json uplinks(const Gateway& gateway, const LogStatus& log) {
  Json json = Json::array();
  for (std::size_t i = 0; i < gateway.deliveries().size(); ++i) {
    const DeliveryStatus status = gateway.deliveries()[i]->status();
    const bool limited = status.month_bytes > 0;
    json.push_back({{"name", log.uplinks[i].name},
                    {"state", text(to_string(status.state))},
                    {"last_error", error_text(status.last_error)},
                    {"last_error_time", milliseconds(status.last_error_time)},
                    {"last_progress", milliseconds(status.last_progress)},
                    {"next_attempt", milliseconds(status.next_attempt)},
                    {"in_flight", status.in_flight},
                    {"messages", status.messages},
                    {"bytes", status.bytes},
                    {"failures", status.failures},
                    {"backlog_ranges", status.backlog_ranges},
                    {"dead_letters", status.dead_letters},
                    {"bytes_this_month", limited ? Json(status.month_bytes) : Json()},
                    {"queued", log.uplinks[i].queued}});
  }
  return json;
}

Json ledger(const Gateway& gateway, const LogStatus& log) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < gateway.deliveries().size(); ++i) {
    const UplinkTotals totals = gateway.log().uplink_totals(i);
    rows.push_back({{"name", log.uplinks[i].name},
                    {"batched", totals.batched},
                    {"not_selected", totals.not_selected},
                    {"delivered", totals.delivered},
                    {"queued", totals.queued},
                    {"dropped", totals.dropped_total()},
                    {"dropped_by_reason", by_reason(totals.dropped)},
                    {"dead_lettered", totals.dead_lettered}});
  }
  const FieldTotals field = gateway.log().ledger().totals();
  return {{"sampled", field.sampled},
          {"derived", field.derived},
          {"filtered", field.filtered},
          {"lost", field.lost_total()},
          {"lost_by_reason", by_reason(field.lost)},
          {"batched", field.batched},
          {"under_way", field.under_way()},
          {"uplinks", std::move(rows)}};
}

Json commands(const Gateway& gateway) {
  Json json = Json::object();
  const CommandWorker* worker = gateway.commands();
  if (worker == nullptr) return Json();
  for (int i = 1; i < command_result_count; ++i) {
    const auto result = static_cast<CommandResult>(i);
    json[std::string(to_string(result))] = worker->count(result);
  }
  json["dropped"] = gateway.local() != nullptr ? gateway.local()->commands_dropped() : 0;
  json["audit_lost"] = worker->audit_lost();
  return json;
}

Json memory(const Settings& settings) {
  const MemoryPlan plan = memory_plan(settings);
  Json terms = Json::array();
  for (const MemoryPlan::Term& term : plan.terms())
    terms.push_back({{"what", term.what}, {"formula", term.formula}, {"bytes", term.bytes}});
  return {{"total", plan.total()}, {"limit", settings.limits.memory}, {"terms", std::move(terms)}};
}

}  // namespace

std::string status_json(const Gateway& gateway) {
  const LogStatus log = gateway.log().status();
  const Json json = {{"gateway", gateway.settings().gateway.id},
                     {"version", version},
                     {"uptime_s", seconds(gateway.clock().now() - gateway.started())},
                     {"clock_synchronised", gateway.clock().synchronised()},
                     {"devices", devices(gateway)},
                     {"signals", signals(gateway)},
                     {"buses", buses(gateway)},
                     {"filtered", filters(gateway)},
                     {"late_for_windows", gateway.pipeline().late_for_windows()},
                     {"buffer", buffer(log)},
                     {"uplinks", uplinks(gateway, log)},
                     {"commands", commands(gateway)},
                     {"ledger", ledger(gateway, log)},
                     {"memory", memory(gateway.settings())}};
  // what a device sent may be no UTF-8: replaced, so that a status is always an answer
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fieldweir
