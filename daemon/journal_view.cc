// The commands that look into a journal and change nothing, beside a running gateway or without
// one.
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <iostream>
#include <optional>

#include "buffer/inspection.h"
#include "daemon/columns.h"
#include "daemon/commands.h"
#include "daemon/json.h"
#include "daemon/settings.h"
#include "uplink/formats/json.h"

namespace fieldweir {
namespace {

constexpr std::size_t most_wrong = 100;  // lines of what verify finds

int fail(const Error& why) {
  std::cerr << "fieldweir: " << why.text.view() << "\n";
  return exit_failure;
}

/// nullopt: it has mistakes, which are told.
std::optional<Settings> settings_of(const std::string& config) {
  config::Mistakes mistakes;
  Settings settings = load_settings(config, mistakes);
  if (mistakes.empty()) return settings;
  std::cerr << mistakes.text();
  return std::nullopt;
}

std::string text(std::uint64_t number) { return std::to_string(number); }

std::string text(Position position) {
  if (position.epoch == 0) return "-";
  return text(position.epoch) + "/" + text(position.seq);
}

/// "2026-01-05T12:00:00Z", or "-" for a time that nobody knows.
std::string text(Time time) {
  if (time == 0) return "-";
  using namespace std::chrono;
  const sys_time<nanoseconds> at{nanoseconds(time)};
  const auto date = floor<days>(at);
  const year_month_day day{date};
  const hh_mm_ss clock{floor<seconds>(at - date)};
  char out[40];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return out;
}

/// What text() writes, a date alone, or milliseconds since 1970; nullopt: none of them.
std::optional<Time> time_in(const std::string& given) {
  std::int64_t milliseconds = 0;
  const char* end = given.data() + given.size();
  if (const auto read = std::from_chars(given.data(), end, milliseconds);
      read.ec == std::errc() && read.ptr == end)
    return milliseconds * millisecond;
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hours = 0;
  unsigned minutes = 0;
  unsigned seconds = 0;
  char z = 'Z';
  const int found = std::sscanf(given.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u%c", &year, &month, &day,
                                &hours, &minutes, &seconds, &z);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if ((found != 3 && found != 7) || z != 'Z' || !date.ok()) return std::nullopt;
  const Time midnight = std::chrono::sys_days(date).time_since_epoch().count() * fieldweir::day;
  return midnight + hours * hour + minutes * minute + seconds * second;
}

void print_lanes(const JournalContents& contents) {
  std::vector<std::vector<std::string>> rows = {
      {"lane", "batches", "gap marks", "readings", "bytes", "oldest", "newest", "from", "to"}};
  for (std::size_t i = 0; i < lane_count; ++i) {
    const LaneContents& lane = contents.lanes[i];
    rows.push_back({std::string(to_string(static_cast<Lane>(i))), text(lane.batches),
                    text(lane.marks), text(lane.readings), text(lane.bytes), text(lane.oldest),
                    text(lane.newest), text(lane.from), text(lane.to)});
  }
  print_columns(rows, std::cout);
}

void print_uplinks(const JournalContents& contents) {
  std::vector<std::vector<std::string>> rows = {{"uplink", "", "owed", "delivered", "not stored",
                                                 "dropped", "dead lettered", "events up to",
                                                 "telemetry up to"}};
  bool any_unstored = false;
  for (const JournalContents::Uplink& uplink : contents.uplinks) {
    const UplinkTotals& totals = uplink.books.totals;
    const std::uint64_t unstored = totals.dropped[static_cast<std::size_t>(Reason::unclean_stop)];
    any_unstored = any_unstored || unstored > 0;
    rows.push_back({uplink.name, uplink.absent ? "absent" : "", text(totals.queued),
                    text(totals.delivered), text(unstored), text(totals.dropped_total() - unstored),
                    text(totals.dead_lettered), text(uplink.books.cursors[0].acknowledged),
                    text(uplink.books.cursors[1].acknowledged)});
  }
  print_columns(rows, std::cout);
  if (any_unstored)
    std::cout
        << "not stored: was only in memory at the last commit, or at the end of an earlier run "
           "that was cut off;\n            a gateway that runs still has the former\n";
}

void print_dead_letters(const JournalContents& contents) {
  if (contents.dead_letters.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"\ndead letters of", "number", "bytes", "why"}};
  for (const DeadLetterCount& letters : contents.dead_letters)
    rows.push_back({letters.uplink, text(letters.letters), text(letters.bytes), letters.why});
  print_columns(rows, std::cout);
}

class Lines {
 public:
  explicit Lines(const std::string& gateway) : gateway_(gateway) {}

  std::string_view of(const DecodedBatch& batch, Position prev) {
    const std::size_t most = json_size_max(batch.readings.size(), batch.gaps.size(), gateway_);
    if (room_.size() < most) room_.resize(most);
    return {room_.data(), write_json(batch, {.gateway = gateway_, .prev = prev}, room_)};
  }

 private:
  const std::string& gateway_;
  std::vector<char> room_;
};

struct Span {
  Time from;
  Time to;
  /// By what is in it; a batch without readings by its gaps.
  bool has(const DecodedBatch& batch) const {
    const auto inside = [&](Time time) { return from <= time && time <= to; };
    for (const Reading& reading : batch.readings)
      if (inside(reading.time)) return true;
    for (const Gap& gap : batch.gaps)
      if (gap.from <= to && from <= gap.to) return true;
    return false;
  }
};

Result<> export_lane(Inspection& journal, Lane lane, const Span& span, Lines& lines) {
  DecodedBatch batch(0);
  Position after;
  Position prev;
  for (;;) {
    const auto found = journal.next(lane, after, batch);
    if (!found) return found.error();
    if (!found.value() || !std::cout) return {};
    after = batch.position;
    if (!span.has(batch)) continue;
    // numbers follow each other: whoever checks this finds what is missing here
    Position before = batch.replaces_from;
    if (--before.seq == 0) before = prev;
    std::cout << lines.of(batch, before) << "\n";
    prev = batch.position;
  }
}

/// {"uplink": ..., "why": ..., "batch": {...}}
Result<> export_dead_letters(Inspection& journal, Lines& lines) {
  DecodedBatch batch(0);
  DeadLetter letter;
  for (std::int64_t after = 0;;) {
    const auto found = journal.next_dead_letter(after, letter, batch);
    if (!found) return found.error();
    if (!found.value() || !std::cout) return {};
    if (batch.readings.empty() && batch.gaps.empty()) continue;
    std::cout << "{\"uplink\":" << Json(letter.uplink).dump() << ",\"why\":"
              << Json(letter.why).dump(-1, ' ', false, Json::error_handler_t::replace)
              << ",\"batch\":" << lines.of(batch, {}) << "}\n";
  }
}

}  // namespace

int command_journal_stats(const std::string& config) {
  const auto settings = settings_of(config);
  if (!settings) return exit_configuration;
  Inspection journal(settings->buffer.path);
  if (const auto opened = journal.open(); !opened) return fail(opened.error());
  const auto contents = journal.contents();
  if (!contents) return fail(contents.error());
  const auto& runs = contents.value().runs;
  std::cout << settings->buffer.path << ": " << runs.size() << " runs";
  if (!runs.empty())
    std::cout << ", the last one " << runs.back().epoch
              << (runs.back().ended ? ", which ended cleanly" : ", which runs or was cut off");
  std::cout << "\n\n";
  print_lanes(contents.value());
  std::cout << "\n";
  print_uplinks(contents.value());
  print_dead_letters(contents.value());
  return exit_ok;
}

int command_journal_export(const ExportOptions& options) {
  const auto settings = settings_of(options.config);
  if (!settings) return exit_configuration;
  Span span{INT64_MIN, INT64_MAX};
  for (const auto& [given, bound] :
       {std::pair(&options.from, &span.from), {&options.to, &span.to}}) {
    if (given->empty()) continue;
    const auto time = time_in(*given);
    if (!time) {
      std::cerr << "fieldweir: '" << *given
                << "' is no time: expected 2026-01-05, 2026-01-05T12:00:00Z or milliseconds since "
                   "1970\n";
      return exit_usage;
    }
    *bound = *time;
  }
  Inspection journal(settings->buffer.path);
  if (const auto opened = journal.open(); !opened) return fail(opened.error());
  Lines lines(settings->gateway.id);
  Result<> done;
  if (options.dead_letters) {
    done = export_dead_letters(journal, lines);
  } else {
    for (const Lane lane : {Lane::events, Lane::telemetry})
      if (done && (options.lane.empty() || options.lane == to_string(lane)))
        done = export_lane(journal, lane, span, lines);
  }
  std::cout.flush();
  if (!done) return fail(done.error());
  if (journal.unreadable() == 0) return exit_ok;
  std::cerr << "fieldweir: " << journal.unreadable()
            << " batches cannot be read; fieldweir journal verify says which\n";
  return exit_failure;
}

int command_journal_verify(const std::string& config) {
  const auto settings = settings_of(config);
  if (!settings) return exit_configuration;
  Inspection journal(settings->buffer.path);
  if (const auto opened = journal.open(); !opened) return fail(opened.error());
  std::size_t found = 0;
  const auto batches = journal.verify([&](const std::string& wrong) {
    if (++found <= most_wrong) std::cout << wrong << "\n";
  });
  if (!batches) return fail(batches.error());
  if (found > most_wrong) std::cout << "and " << found - most_wrong << " more\n";
  std::cout << batches.value() << " batches read, "
            << (found == 0 ? "nothing is wrong" : std::to_string(found) + " things are wrong")
            << "\n";
  return found == 0 ? exit_ok : exit_failure;
}

}  // namespace fieldweir
