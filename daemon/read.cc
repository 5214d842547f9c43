// The command `read`: registers as they are, as a type, as every type, or a device's signals.
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "daemon/columns.h"
#include "daemon/commands.h"
#include "daemon/field_commands.h"
#include "daemon/line.h"
#include "drivers/modbus/interpret.h"
#include "drivers/modbus/plan.h"

namespace fieldweir {
namespace {

using Rows = std::vector<Row>;

/// What one reading of everything gave: rows under a headline, or why not.
struct Sight {
  Rows rows;
  std::string problem;
};

constexpr unsigned widest_number = 4;  // registers

/// Registers or bits as they are, or in every type.
class RawView {
 public:
  RawView(Line& line, const TablePlace& place, const ReadOptions& options)
      : line_(line), place_(place), all_(options.as == "all" && !holds_bits(place.table)) {
    const unsigned room = 65'536u - place.address;
    const unsigned most = holds_bits(place.table) ? 2000 : 125;
    count_ = options.count > 0 ? static_cast<unsigned>(options.count) : all_ ? widest_number : 1;
    if (options.count == 0) count_ = std::min(count_, room);
    if (count_ > most || count_ > room)
      throw Refused(exit_usage, "--count is at most " + std::to_string(std::min(most, room)) +
                                    " here, got " + std::to_string(count_));
    may_be_less_ = options.count == 0;
  }

  Sight look() {
    Result<ModbusAnswer> answer = line_.read(place_.table, place_.address, count_);
    // where the table ends there is less than the widest number takes
    while (may_be_less_ && count_ > 1 && answer && answer.value().exception == 2)
      answer = line_.read(place_.table, place_.address, count_ /= 2);
    may_be_less_ = false;
    if (!answer) return {{}, explain_silence(answer.error(), line_.endpoint())};
    if (const std::uint8_t exception = answer.value().exception; exception != 0)
      return {{}, explain_exception(exception, place_.table, place_.address, count_)};
    const auto data = answer.value().data;
    if (!all_) return {plain_rows(place_.table, place_.address, data, count_), {}};
    Rows rows;
    const unsigned places = count_ > widest_number ? count_ - widest_number + 1 : 1;
    for (unsigned i = 0; i < places; ++i) {
      const Rows more = interpreted_rows(
          place_.table, static_cast<std::uint16_t>(place_.address + i), data.subspan(2 * i));
      rows.insert(rows.end(), more.begin() + (i == 0 ? 0 : 1), more.end());
    }
    return {rows, {}};
  }

 private:
  Line& line_;
  const TablePlace place_;
  const bool all_;
  unsigned count_ = 1;
  bool may_be_less_ = false;
};

/// Registers of a type; what is no type the signal's reader refuses.
int registers_of(const std::string& type) {
  for (const ModbusTypeInfo& known : modbus_types)
    if (known.name == type) return known.registers;
  return 1;
}

/// Signals, read as the daemon would read them.
class SignalView {
 public:
  SignalView(Line& line, const ModbusDevice& device) : line_(line), device_(device) {
    for (const ModbusSignal& signal : device.modbus_signals) {
      points_.push_back(signal.point);
      values_.emplace_back(signal.format, texts_);
    }
    plan_ = plan_reads(points_, {device.max_gap, device.max_read});
  }

  Sight look() {
    Rows rows(points_.size() + 1);
    rows[0] = {"signal", "table", "address", "40001 style", "type", "value"};
    for (const PlannedRead& read : plan_.reads)
      if (const std::string silence = look_at(read, rows); !silence.empty()) return {{}, silence};
    return {rows, {}};
  }

 private:
  /// Fills the rows of a read, point by point if the device refuses it as a whole; or says why
  /// there was no answer.
  std::string look_at(const PlannedRead& read, Rows& rows) {
    const Result<ModbusAnswer> answer = line_.read(read.table, read.address, read.count);
    if (!answer) return explain_silence(answer.error(), line_.endpoint());
    const std::uint8_t exception = answer.value().exception;
    const bool apart = (exception == 2 || exception == 3) && read.size > 1;
    for (std::uint32_t i = read.first; i < read.first + read.size; ++i) {
      const std::size_t index = plan_.order[i];
      const ModbusPoint& point = points_[index];
      if (!apart)
        rows[index + 1] = row(index, read, answer.value());
      else if (std::string silence = look_at({point.table, point.address, point.width, i, 1}, rows);
               !silence.empty())
        return silence;
    }
    return {};
  }

  Row row(std::size_t index, const PlannedRead& read, const ModbusAnswer& answer) {
    const ModbusSignal& signal = device_.modbus_signals[index];
    const ModbusPoint& point = points_[index];
    Row row = {signal.name, std::string(name_of(point.table)), std::to_string(point.address),
               modicon_style(point.table, point.address),
               std::string(info(signal.format.type).name)};
    if (answer.exception != 0) {
      row.push_back(explain_exception(answer.exception, read.table, read.address, read.count));
      return row;
    }
    const Reading reading =
        values_[index].decode(point.table, answer.data, point.address - read.address, 0, 0);
    row.push_back(show_value(reading, signal.format.type, texts_));
    if (!signal.unit.empty() && reading.quality == Quality::good) row.back() += " " + signal.unit;
    return row;
  }

  Line& line_;
  const ModbusDevice& device_;
  TextTable texts_{1024};
  std::vector<ModbusPoint> points_;
  std::vector<ModbusValue> values_;
  ModbusPlan plan_;
};

/// Shows what is seen, once or again and again, changed rows with a star.
template <class Source>
int show(Source source, Line& line, const ReadOptions& options) {
  const Time end = options.seconds > 0 ? line.clock().now() + options.seconds * second : never;
  const bool in_place = options.watch > 0 && isatty(STDOUT_FILENO) != 0;
  Rows previous;
  bool seen = false;
  do {
    const Sight sight = source.look();
    if (line.stopped()) return exit_ok;
    if (in_place) std::cout << "\x1b[H\x1b[2J";
    if (!sight.problem.empty()) std::cerr << "fieldweir: " << sight.problem << "\n";
    if (!sight.problem.empty() && options.watch == 0) return exit_failure;
    Rows marked = sight.rows;
    for (std::size_t i = 0; i < marked.size() && i < previous.size(); ++i)
      if (marked[i] != previous[i]) marked[i].push_back("*");
    print_columns(marked, std::cout);
    std::cout << std::flush;
    if (!sight.rows.empty()) previous = sight.rows;
    seen = seen || sight.problem.empty();
  } while (options.watch > 0 && line.clock().now() < end &&
           line.pause(static_cast<Duration>(options.watch * second)));
  return seen ? exit_ok : exit_failure;
}

/// `--as float32 --count 3` in the words of a configuration.
std::string signals_text(const ReadOptions& options) {
  const bool string = options.as == "string";
  const int count = std::max(1, options.count);
  const int width = registers_of(options.as);
  std::string fields = ", table: " + options.words[0];
  if (options.as != "bool") fields += ", type: " + options.as;
  if (string) fields += ", length: " + std::to_string(count);
  if (!options.scale.empty()) fields += ", scale: " + options.scale;
  std::string text;
  for (int i = 0; i < (string ? 1 : count); ++i)
    text += "- {name: value" + std::to_string(i) +
            ", address: " + std::to_string(written_number(options.words[1]) + i * width) + fields +
            "}\n";
  return text;
}

}  // namespace

int command_read(const ReadOptions& options) {
  const std::unique_ptr<ModbusDevice> device = find_target(options.target);
  if (options.words.empty() && options.target.device.empty())
    throw Refused(exit_usage, "read what? Give a table and an address, like `holding 100`");
  if (options.words.empty()) {
    Line line(device->endpoint);
    return show(SignalView(line, *device), line, options);
  }
  const TablePlace place = find_place(*device, options.words);
  if (options.as.empty() || options.as == "all") {
    Line line(device->endpoint);
    return show(RawView(line, place, options), line, options);
  }
  use_signals(*device, signals_text(options));
  Line line(device->endpoint);
  return show(SignalView(line, *device), line, options);
}

}  // namespace fieldweir
