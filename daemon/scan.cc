// The command `scan`: which units answer on a bus, and what one of them lets be read.
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "daemon/commands.h"
#include "daemon/field_commands.h"
#include "daemon/line.h"
#include "drivers/modbus/identification.h"
#include "drivers/modbus/interpret.h"
#include "drivers/modbus/stub.h"

namespace fieldweir {
namespace {

constexpr const char* patience = "500ms";  // unless told otherwise; most units are not there
constexpr int most_failures = 3;           // in a row, until the bus itself counts as gone

std::string about(Duration duration) {
  return duration < minute ? std::to_string((duration + second - 1) / second) + " s"
                           : std::to_string((duration + minute - 1) / minute) + " min";
}

/// Where the scan is, on one line of a terminal; nothing when stderr is none.
void progress(const std::string& text) {
  if (isatty(STDERR_FILENO) != 0) std::cerr << "\r\x1b[K" << text << std::flush;
}

bool is_serial(const ModbusEndpoint& endpoint) { return !endpoint.serial.empty(); }

std::vector<std::uint8_t> units_of(const ScanOptions& options, const ModbusEndpoint& endpoint) {
  ModbusRange range{1, 247};
  if (!options.units.empty()) range = written_range(options.units, 255);
  std::vector<std::uint8_t> units;
  for (unsigned unit = range.first; unit <= range.last; ++unit)
    units.push_back(static_cast<std::uint8_t>(unit));
  // a device that has a connection for itself may answer as one of these only
  if (options.units.empty() && !is_serial(endpoint)) units.insert(units.end(), {255, 0});
  return units;
}

/// What a unit answered to the question for holding register 0; empty: nobody is there.
std::string heard(const Result<ModbusAnswer>& answer) {
  if (!answer)
    return answer.error().reason == Reason::bad_response
               ? "answers garbled: " + std::string(answer.error().text.view()) +
                     "; two devices with one unit id, or another --baud or --format?"
               : "";
  const std::uint8_t exception = answer.value().exception;
  if (exception == 10 || exception == 11) return "";  // a gateway speaking for nobody
  if (exception != 0)
    return "answers (exception " + std::to_string(exception) + ", " + exception_text(exception) +
           ")";
  return "answers (holding register 0 is " + std::to_string(big_endian(answer.value().data, 0)) +
         ")";
}

int scan_units(const ScanOptions& options, const ModbusEndpoint& endpoint) {
  const std::vector<std::uint8_t> units = units_of(options, endpoint);
  const Duration pause = options.pause * millisecond;
  Line line(endpoint);
  std::cerr << "asks " << units.size() << " unit ids once each, "
            << about(static_cast<Duration>(units.size()) * (endpoint.timeout + pause))
            << " at most; Ctrl-C ends\n";
  int found = 0;
  int failures = 0;
  for (const std::uint8_t unit : units) {
    progress("unit " + std::to_string(unit));
    const Result<ModbusAnswer> answer = line.ask({unit, ModbusFunction::read_holding, 0, 1});
    if (line.stopped()) break;
    const bool away = !answer && answer.error().reason != Reason::timeout &&
                      answer.error().reason != Reason::bad_response;
    failures = away ? failures + 1 : 0;
    if (failures == most_failures || (away && found == 0 && unit == units.front()))
      throw Refused(exit_failure, explain_silence(answer.error(), endpoint));
    if (const std::string what = heard(answer); !what.empty()) {
      progress("");
      std::cout << "unit " << static_cast<int>(unit) << " " << what << std::endl;
      ++found;
    }
    if (!line.pause(pause)) break;
  }
  progress("");
  if (found == 0)
    std::cerr << "nobody answers; are address" << (is_serial(endpoint) ? ", --baud, --format" : "")
              << " and wiring right? A slow device may need a longer --timeout\n";
  else
    std::cerr << "with --unit, scan finds what can be read of it\n";
  return found == 0 ? exit_failure : exit_ok;
}

/// What the device says of itself; nothing if it does not know the function.
std::vector<std::pair<std::string, std::string>> identify(Line& line, std::uint8_t unit,
                                                          Duration pause) {
  std::vector<std::pair<std::string, std::string>> identity;
  for (const std::uint16_t category : {2, 1}) {  // regular, else basic
    std::uint8_t next = 0;
    for (int i = 0; i < 8 && line.pause(pause); ++i) {
      const Result<ModbusAnswer> answer =
          line.ask({unit, ModbusFunction::identify, next, category});
      if (!answer || answer.value().exception != 0) break;
      for (IdentificationObjects rest(answer.value().data); const auto object = rest.next();) {
        const std::string_view name = name_of_object(object->id);
        identity.emplace_back(name.empty() ? "object " + std::to_string(object->id) : name,
                              object->text);
      }
      next = follows(answer.value().data);
      if (next == 0) break;
    }
    if (!identity.empty()) break;
  }
  return identity;
}

std::vector<ModbusTable> tables_of(const ScanOptions& options) {
  std::vector<ModbusTable> tables;
  for (const std::string& name : options.tables)
    if (const auto table = table_named(name)) tables.push_back(*table);
  if (tables.empty()) tables.assign(std::begin(modbus_tables), std::end(modbus_tables));
  return tables;
}

Survey survey_table(Line& line, ModbusTable table, ModbusRange range, unsigned most_read,
                    unsigned budget, Duration pause) {
  unsigned requests = 0;
  const SurveyAsk ask = [&](ModbusTable of, std::uint16_t address,
                            unsigned count) -> Result<ModbusAnswer> {
    progress(words_of(of, 2) + " around " + std::to_string(address) + ", request " +
             std::to_string(++requests) + " of " + std::to_string(budget) + " at most");
    if (!line.pause(pause)) return error(Reason::stopped, "stopped");
    return line.read(of, address, count);
  };
  const unsigned most = holds_bits(table) ? std::min(16 * most_read, 2000u) : most_read;
  return survey(ask, table, range, most, budget);
}

int scan_device(const ScanOptions& options, const ModbusDevice& device) {
  const ModbusRange range = written_range(options.range, UINT16_MAX);
  const Duration pause = options.pause * millisecond;
  const std::vector<ModbusTable> tables = tables_of(options);
  ScannedDevice found{"unit_" + std::to_string(device.endpoint.unit),
                      endpoint_section(options.target.device.empty() ? options.target
                                                                     : options_of(device.endpoint)),
                      {},
                      {}};
  Line line(device.endpoint);
  std::cerr << "makes " << options.requests << " requests at most, " << options.pause
            << " ms apart: " << about(options.requests * pause)
            << " and the time the device takes; Ctrl-C ends\n";
  found.identity = identify(line, device.endpoint.unit, pause);
  auto left = static_cast<unsigned>(options.requests);
  for (std::size_t i = 0; i < tables.size() && !line.stopped(); ++i) {
    const auto share = left / static_cast<unsigned>(tables.size() - i);
    Survey seen = survey_table(line, tables[i], range, device.max_read, share, pause);
    left -= seen.requests;
    if (seen.ended && seen.islands.empty() && !line.stopped()) {
      progress("");
      throw Refused(exit_failure, explain_silence(*seen.ended, device.endpoint));
    }
    found.tables.push_back({tables[i], std::move(seen)});
  }
  progress("");
  std::cout << configuration_stub(found) << std::flush;
  return std::ranges::any_of(found.tables,
                             [](const auto& table) { return !table.survey.islands.empty(); })
             ? exit_ok
             : exit_failure;
}

}  // namespace

int command_scan(const ScanOptions& options) {
  if (!options.target.unit.empty() || !options.target.device.empty())
    return scan_device(options, *find_target(options.target));
  TargetOptions hurried = options.target;
  if (hurried.timeout.empty()) hurried.timeout = patience;
  return scan_units(options, find_target(hurried)->endpoint);
}

}  // namespace fieldweir
