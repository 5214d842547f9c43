// The status for people: a table per part, cut from the same JSON that programs get.
#include <cstdarg>
#include <cstdio>
#include <ctime>

#include "daemon/json.h"
#include "daemon/status.h"

namespace fieldweir {
namespace {

[[gnu::format(printf, 2, 3)]] void print(std::string& out, const char* format, ...) {
  char line[512];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  out += line;
}

std::string shown(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_float()) return value.dump();
  char number[32];
  std::snprintf(number, sizeof number, "%.6g", value.get<double>());
  return number;
}

unsigned long long count(const Json& value) { return value.get<unsigned long long>(); }

unsigned long long sum(const Json& by_reason) {
  unsigned long long all = 0;
  for (const Json& each : by_reason) all += count(each);
  return all;
}

void print_signals(std::string& out, const Json& signals) {
  print(out, "\n%-40s %14s %-8s %s\n", "signal", "value", "unit", "quality");
  for (const Json& signal : signals) {
    if (!signal.contains("quality")) {
      print(out, "%-40s %14s\n", shown(signal["name"]).c_str(), "-");
      continue;
    }
    std::string quality = shown(signal["quality"]);
    if (signal.contains("reason")) quality += " (" + shown(signal["reason"]) + ")";
    print(out, "%-40s %14s %-8s %s\n", shown(signal["name"]).c_str(),
          shown(signal["value"]).c_str(), shown(signal["unit"]).c_str(), quality.c_str());
  }
}

/// "2026-02-01 00:00:00 UTC"
std::string utc(const Json& milliseconds) {
  const auto seconds = static_cast<std::time_t>(milliseconds.get<long long>() / 1000);
  std::tm broken_down{};
  gmtime_r(&seconds, &broken_down);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &broken_down);
  return text;
}

/// With its time, since it stays when it is over.
std::string last_error(const Json& of) {
  if (of["last_error"].is_null()) return "-";
  const Json& time = of["last_error_time"];
  return (time.is_null() ? "" : utc(time) + ": ") + shown(of["last_error"]);
}

/// "    errors: timeout 12, illegal address 1; the last 2026-02-01 00:00:00 UTC: no answer"
void print_errors(std::string& out, const Json& device) {
  const char* between = "    errors: ";
  for (const auto& [reason, times] : device["errors"].items()) {
    out += between + reason + " " + shown(times);
    between = ", ";
  }
  if (!device["last_error"].is_null()) out += "; the last " + last_error(device);
  out += "\n";
}

void print_devices(std::string& out, const Json& devices) {
  print(out, "%-20s %-10s %9s of %7s %8s %8s %8s %8s %8s %9s %5s\n", "device", "state", "polls/s",
        "asked", "skipped", "p50 ms", "p95 ms", "p99 ms", "errors", "discarded", "holes");
  for (const Json& device : devices) {
    const Json& latency = device["latency_ms"];
    print(out, "%-20s %-10s %9.2f of %7.2f %8llu %8.1f %8.1f %8.1f %8llu %9llu %5llu\n",
          shown(device["name"]).c_str(), shown(device["state"]).c_str(),
          device["achieved_per_s"].get<double>(), device["requested_per_s"].get<double>(),
          count(device["skipped"]), latency["p50"].get<double>(), latency["p95"].get<double>(),
          latency["p99"].get<double>(), sum(device["errors"]), count(device["discarded"]),
          count(device["holes"]));
    if (!device["errors"].empty()) print_errors(out, device);
  }
}

void print_uplinks(std::string& out, const Json& uplinks, const Json& ledger) {
  print(out, "\n%-20s %-19s %10s %8s %8s %12s  %s\n", "uplink", "state", "delivered", "queued",
        "dropped", "dead letters", "last error");
  for (std::size_t i = 0; i < uplinks.size(); ++i) {
    const Json& row = ledger["uplinks"][i];
    print(out, "%-20s %-19s %10llu %8llu %8llu %12llu  %s\n", shown(uplinks[i]["name"]).c_str(),
          shown(uplinks[i]["state"]).c_str(), count(row["delivered"]), count(row["queued"]),
          count(row["dropped"]), count(row["dead_lettered"]), last_error(uplinks[i]).c_str());
    for (const auto& [reason, readings] : row["dropped_by_reason"].items())
      print(out, "    dropped: %llu readings, %s\n", count(readings), reason.c_str());
    if (const Json& bytes = uplinks[i]["bytes_this_month"]; !bytes.is_null())
      print(out, "    %.1f MB of messages this month\n", static_cast<double>(count(bytes)) / 1e6);
    if (const Json& next = uplinks[i]["next_attempt"]; !next.is_null())
      print(out, "    nothing is sent until %s\n", utc(next).c_str());
    if (const auto ranges = count(uplinks[i]["backlog_ranges"]); ranges > 0)
      print(out, "    the backlog follows beside new readings, in %llu range%s\n", ranges,
            ranges > 1 ? "s" : "");
  }
}

void print_ledger(std::string& out, const Json& ledger) {
  print(out, "\nledger    sampled %llu + derived %llu = filtered %llu + lost %llu + batched %llu",
        count(ledger["sampled"]), count(ledger["derived"]), count(ledger["filtered"]),
        count(ledger["lost"]), count(ledger["batched"]));
  print(out, "  (under way: %llu)\n", count(ledger["under_way"]));
}

void print_buffer(std::string& out, const Json& buffer) {
  print(
      out, "journal   %llu commits, %.1f KiB written, %.1f of %.0f MiB in use, tail %llu of %llu, ",
      count(buffer["commits"]), static_cast<double>(count(buffer["bytes_written"])) / 1024.0,
      static_cast<double>(count(buffer["database_bytes"]) + count(buffer["wal_bytes"])) / 1048576.0,
      static_cast<double>(count(buffer["limit_bytes"])) / 1048576.0, count(buffer["tail_used"]),
      count(buffer["tail_slots"]));
  print(out, "at risk %llu readings\n", count(buffer["at_risk"]));
  for (const Json& uplink : buffer["absent_uplinks"])
    print(out, "          kept for uplink %s, which is not run: %llu readings\n",
          shown(uplink["name"]).c_str(), count(uplink["queued"]));
  if (!buffer["set_aside"].is_null())
    print(out, "          a damaged journal was moved to %s\n", shown(buffer["set_aside"]).c_str());
  if (buffer["low_disk"].get<bool>())
    out +=
        "          LOW DISK: less is free than buffer.min_free_disk, so the journal does not grow "
        "and "
        "drops as if it were full;\n          free some space, or set less\n";
  if (!buffer["ballast"].get<bool>())
    out +=
        "          no ballast: too little of the disk is free to remove what is delivered, should "
        "it "
        "fill up\n";
  if (!buffer["problem"].is_null())
    print(out, "          PROBLEM: %s\n", shown(buffer["problem"]).c_str());
}

void print_commands(std::string& out, const Json& commands) {
  if (commands.is_null()) return;
  out += "commands ";
  for (const auto& [result, times] : commands.items())
    print(out, " %s %llu%s", result.c_str(), count(times), result == "audit_lost" ? "\n" : ",");
}

}  // namespace

std::string status_text(const std::string& text) {
  const Json status = Json::parse(text);
  std::string out;
  print(out, "gateway %s, fieldweir %s, up %.0f s, clock %s\n\n", shown(status["gateway"]).c_str(),
        shown(status["version"]).c_str(), status["uptime_s"].get<double>(),
        status["clock_synchronised"].get<bool>() ? "synchronised" : "NOT synchronised");
  print_devices(out, status["devices"]);
  print_signals(out, status["signals"]);
  print_uplinks(out, status["uplinks"], status["ledger"]);
  print_ledger(out, status["ledger"]);
  print_buffer(out, status["buffer"]);
  print_commands(out, status["commands"]);
  const Json& memory = status["memory"];
  print(out, "memory    plan %.1f of %.0f MiB\n",
        static_cast<double>(count(memory["total"])) / 1048576.0,
        static_cast<double>(count(memory["limit"])) / 1048576.0);
  return out;
}

}  // namespace fieldweir
