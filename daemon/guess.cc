// The command `guess`: where in a device a value could be that its panel shows.
#include <algorithm>
#include <iostream>

#include "daemon/columns.h"
#include "daemon/commands.h"
#include "daemon/field_commands.h"
#include "daemon/line.h"
#include "drivers/modbus/guess.h"

namespace fieldweir {
namespace {

constexpr unsigned most_requests = 2'000;

KnownValue known(const std::string& text, double tolerance) {
  auto value = known_value(text);
  if (!value) throw Refused(exit_usage, "'" + text + "' is no number like 230.4");
  if (value->value == 0)
    throw Refused(exit_usage, "0 is everywhere in a device; wait until the value is another one");
  if (tolerance > 0) value->tolerance = tolerance;
  return *value;
}

std::vector<Survey::Island> read_all(Line& line, const ModbusDevice& device, ModbusTable table,
                                     ModbusRange range) {
  const SurveyAsk ask = [&line](ModbusTable of, std::uint16_t address, unsigned count) {
    return line.read(of, address, count);
  };
  Survey seen = survey(ask, table, range, device.max_read, most_requests);
  if (seen.ended) throw Refused(exit_failure, explain_silence(*seen.ended, line.endpoint()));
  if (seen.exception != 0)
    throw Refused(exit_failure,
                  explain_exception(seen.exception, table, range.first, range.count()));
  if (seen.islands.empty())
    throw Refused(exit_failure, "nothing can be read there: " +
                                    explain_exception(2, table, range.first, range.count()));
  return std::move(seen.islands);
}

/// Both integers give a value that is not negative: one line for the two.
bool is_twin(const std::vector<Guess>& guesses, std::size_t i) {
  const Guess& g = guesses[i];
  return std::any_of(guesses.begin(), guesses.begin() + static_cast<std::ptrdiff_t>(i),
                     [&g](const Guess& before) {
                       return before.address == g.address && before.scale == g.scale &&
                              before.way.registers() == g.way.registers() &&
                              before.way.word_order == g.way.word_order &&
                              before.way.byte_order == g.way.byte_order &&
                              is_integer(before.way.type) && is_integer(g.way.type);
                     });
}

/// As the device's addressing writes it.
std::string written_address(Addressing addressing, ModbusTable table, std::uint16_t address) {
  if (addressing == Addressing::modicon) return modicon_style(table, address);
  return std::to_string(address + (addressing == Addressing::one_based ? 1 : 0));
}

/// The signal in the words of a configuration.
std::string signal_line(const Guess& guess, ModbusTable table, const ModbusDevice& device) {
  std::string text = "- {name: value, table: " + std::string(name_of(table)) +
                     ", address: " + written_address(device.addressing, table, guess.address) +
                     ", type: " + std::string(info(guess.way.type).name);
  if (guess.way.registers() > 1 && guess.way.word_order != device.word_order)
    text += ", word_order: " + std::string(name_of(guess.way.word_order));
  if (guess.way.byte_order != device.byte_order)
    text += ", byte_order: " + std::string(name_of(guess.way.byte_order));
  if (guess.scale != 1) text += ", scale: " + config::show_number(guess.scale);
  return text + "}";
}

void show(const std::vector<Guess>& guesses, ModbusTable table, const ModbusDevice& device,
          int most) {
  std::vector<Row> rows = {{"value", "40001 style", "signal"}};
  std::size_t twins = 0;
  for (std::size_t i = 0; i < guesses.size(); ++i) {
    if (is_twin(guesses, i)) {
      ++twins;
    } else if (rows.size() <= static_cast<std::size_t>(most)) {
      rows.push_back({config::show_number(guesses[i].value),
                      modicon_style(table, guesses[i].address),
                      signal_line(guesses[i], table, device)});
    }
  }
  print_columns(rows, std::cout);
  const std::size_t hidden = guesses.size() - twins - (rows.size() - 1);
  if (hidden > 0) std::cout << "and " << hidden << " that are less plausible\n";
  if (twins > 0) std::cout << "an unsigned type that may become negative is a signed one\n";
  std::cout << std::flush;
}

/// What the panel shows later: as told, or as asked; empty when there is no more to come.
class Panel {
 public:
  explicit Panel(const GuessOptions& options) : options_(options) {}

  std::string next(std::size_t candidates) {
    std::string line;
    if (told_ < options_.then.size()) {
      const std::string& value = options_.then[told_++];
      std::cerr << "Enter when it shows " << value << ": " << std::flush;
      std::getline(std::cin, line);
      return value;
    }
    if (!options_.again || candidates < 2) return {};
    std::cerr << "What does it show now (Enter alone ends)? " << std::flush;
    std::getline(std::cin, line);
    return line;
  }

 private:
  const GuessOptions& options_;
  std::size_t told_ = 0;
};

}  // namespace

int command_guess(const GuessOptions& options) {
  const std::unique_ptr<ModbusDevice> device = find_target(options.target);
  const auto [table, range] = find_range(*device, options.words[0], options.words[1]);
  if (holds_bits(table))
    throw Refused(exit_usage, "a bit has no value to guess by; watch it with `fieldweir read`");
  const KnownValue first = known(options.words[2], options.tolerance);
  Line line(device->endpoint);
  std::vector<Guess> guesses = guess(table, read_all(line, *device, table, range), first);
  Panel panel(options);
  for (;;) {
    if (guesses.empty()) {
      std::cerr << "fieldweir: no register there gives that value; try another table or range, or "
                   "a --tolerance\n";
      return exit_failure;
    }
    show(guesses, table, *device, options.most);
    const std::string shown = panel.next(guesses.size());
    if (shown.empty()) return exit_ok;
    const KnownValue now = known(shown, options.tolerance);
    guesses = still_right(guesses, table, read_all(line, *device, table, range), now);
  }
}

}  // namespace fieldweir
