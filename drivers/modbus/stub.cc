#include "drivers/modbus/stub.h"

#include <algorithm>

#include "drivers/modbus/interpret.h"

namespace fieldweir {
namespace {

constexpr unsigned most_of_a_range = 8;
constexpr unsigned most_signals = 64;
constexpr unsigned usual_read = 125;

/// What a device says of itself may be anything: as one line of a comment.
std::string printable(const std::string& text) {
  std::string out = text;
  std::ranges::replace_if(
      out, [](char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return out;
}

std::string range_comment(ModbusTable table, const ModbusRange& range) {
  const std::string style = range.count() == 1 ? modicon_style(table, range.first)
                                               : modicon_style(table, range.first) + " to " +
                                                     modicon_style(table, range.last);
  return std::to_string(range.count()) + " " + words_of(table, range.count()) + ": " +
         std::to_string(range.first) +
         (range.count() == 1 ? "" : " to " + std::to_string(range.last)) + " (" + style + ")";
}

std::string value_of(ModbusTable table, const Survey::Island& island, unsigned i) {
  if (holds_bits(table)) return island.data[i / 8] >> i % 8 & 1 ? "true" : "false";
  return std::to_string(big_endian(island.data, 2 * i));
}

std::string signal_line(ModbusTable table, const Survey::Island& island, unsigned i) {
  const std::string address = std::to_string(island.range.first + i);
  return "      - {name: " + std::string(name_of(table)) + "_" + address +
         ", table: " + std::string(name_of(table)) + ", address: " + address +
         ", type: " + (holds_bits(table) ? "bool" : "uint16") + "}  # was " +
         value_of(table, island, i) + "\n";
}

std::string signal_lines(const ScannedDevice& device) {
  std::string lines;
  unsigned signals = 0;
  for (const auto& [table, survey] : device.tables)
    for (const Survey::Island& island : survey.islands) {
      lines += "      # " + range_comment(table, island.range) + "\n";
      const unsigned shown =
          std::min({island.range.count(), most_of_a_range, most_signals - signals});
      for (unsigned i = 0; i < shown; ++i) lines += signal_line(table, island, i);
      signals += shown;
    }
  return lines;
}

/// What was not found may be there: what to know before it is believed.
std::string caveats(const ScannedDevice& device) {
  std::string lines;
  for (const auto& [table, survey] : device.tables) {
    const std::string of = "# " + words_of(table, 2) + ": ";
    if (survey.exception != 0) lines += of + exception_text(survey.exception) + "\n";
    if (survey.ended) lines += of + "ended early, " + std::string(survey.ended->text.view()) + "\n";
    if (survey.exception != 0 || survey.ended || survey.finest == 1) continue;
    lines += of +
             (survey.finest == 0 ? "only whole blocks were tried"
                                 : "ranges of fewer than " + std::to_string(survey.finest) +
                                       " may have been missed") +
             "; more --requests find more\n";
  }
  return lines;
}

unsigned largest_read(const ScannedDevice& device) {
  unsigned most = usual_read;
  for (const auto& [table, survey] : device.tables)
    if (!holds_bits(table) && survey.requests > 0) most = std::min(most, survey.most);
  return std::max(1u, most);
}

}  // namespace

std::string configuration_stub(const ScannedDevice& device) {
  std::string head;
  for (const auto& [what, text] : device.identity)
    head += "# " + what + ": " + printable(text) + "\n";
  head += caveats(device);
  const std::string signals = signal_lines(device);
  if (signals.empty())
    return head +
           "# nothing was found in what was asked; look closer: --range 0..999 --table input\n";
  std::string text = head + "version: 1\ndevices:\n  - name: " + device.name + "\n    " +
                     device.endpoint + "\n    addressing: zero_based\n";
  if (const unsigned most = largest_read(device); most < usual_read)
    text += "    max_read: " + std::to_string(most) + "\n";
  return text + "    poll: {normal: 5s}\n    signals:\n" + signals +
         "uplinks: []  # where readings are to go\n";
}

}  // namespace fieldweir
