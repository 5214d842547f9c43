#include "drivers/modbus/interpret.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "config/values.h"

namespace fieldweir {
namespace {

std::string character(std::uint8_t byte) {
  return byte >= 0x20 && byte < 0x7f ? std::string(1, static_cast<char>(byte)) : ".";
}

/// The shortest text that reads back to the same float32.
std::string shortest(float number) {
  char buffer[32];
  const auto [end, problem] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return {buffer, end};
}

Row plain_row(std::span<const std::uint8_t> bytes) {
  const unsigned raw = bytes[0] << 8 | bytes[1];
  char hex[8];
  std::snprintf(hex, sizeof hex, "0x%04X", raw);
  return {std::to_string(raw), std::to_string(static_cast<std::int16_t>(raw)), hex,
          character(bytes[0]) + character(bytes[1])};
}

}  // namespace

std::string_view name_of(ModbusTable table) {
  switch (table) {
    case ModbusTable::coil:
      return "coil";
    case ModbusTable::discrete:
      return "discrete";
    case ModbusTable::input:
      return "input";
    case ModbusTable::holding:
      break;
  }
  return "holding";
}

std::optional<ModbusTable> table_named(std::string_view name) {
  for (const ModbusTable table : modbus_tables)
    if (name_of(table) == name) return table;
  return std::nullopt;
}

std::string_view name_of(Order order) { return order == Order::big ? "big" : "little"; }

std::string words_of(ModbusTable table, unsigned count) {
  std::string words(name_of(table));
  if (table == ModbusTable::discrete) words += " input";
  if (!holds_bits(table)) words += " register";
  return count == 1 ? words : words + "s";
}

std::string modicon_style(ModbusTable table, std::uint16_t address) {
  constexpr unsigned digits[] = {0, 0, 1, 4, 3};  // by function code: the table's first digit
  const unsigned place = address < 9'999 ? 10'000 : 100'000;
  return std::to_string(digits[static_cast<int>(table)] * place + address + 1);
}

ModbusValue::Format Interpretation::format() const {
  ModbusValue::Format format;
  format.type = type;
  format.word_order = word_order;
  format.byte_order = byte_order;
  return format;
}

std::vector<Interpretation> interpretations() {
  std::vector<Interpretation> all;
  for (const ModbusType type :
       {ModbusType::uint16, ModbusType::int16, ModbusType::float32, ModbusType::uint32,
        ModbusType::int32, ModbusType::uint64, ModbusType::int64, ModbusType::float64})
    for (const Order bytes : {Order::big, Order::little})
      for (const Order words : {Order::big, Order::little})
        if (info(type).registers > 1 || words == Order::big) all.push_back({type, words, bytes});
  return all;
}

std::string show_value(const Reading& reading, ModbusType type, const TextTable& texts) {
  if (reading.quality == Quality::bad) return "no value: " + std::string(to_string(reading.reason));
  switch (reading.kind) {
    case Kind::boolean:
      return reading.as_boolean() ? "true" : "false";
    case Kind::int64:
      return std::to_string(reading.as_int64());
    case Kind::uint64:
      return std::to_string(reading.as_uint64());
    case Kind::text:
      return std::string(texts[reading.as_text()]);
    default:
      return type == ModbusType::float32 ? shortest(static_cast<float>(reading.as_number()))
                                         : config::show_number(reading.as_number());
  }
}

std::vector<Row> plain_rows(ModbusTable table, std::uint16_t address,
                            std::span<const std::uint8_t> data, unsigned count) {
  std::vector<Row> rows = {{"address", "40001 style"}};
  if (holds_bits(table))
    rows[0].push_back("value");
  else
    rows[0].insert(rows[0].end(), {"uint16", "int16", "hex", "text"});
  for (unsigned i = 0; i < count; ++i) {
    const auto at = static_cast<std::uint16_t>(address + i);
    Row& row = rows.emplace_back(Row{std::to_string(at), modicon_style(table, at)});
    const Row values = holds_bits(table) ? Row{data[i / 8] >> i % 8 & 1 ? "true" : "false"}
                                         : plain_row(data.subspan(2 * i, 2));
    row.insert(row.end(), values.begin(), values.end());
  }
  return rows;
}

std::vector<Row> interpreted_rows(ModbusTable table, std::uint16_t address,
                                  std::span<const std::uint8_t> data) {
  std::vector<Row> rows = {{"address", "40001 style", "type", "word_order", "byte_order", "value"}};
  TextTable no_texts(1);
  for (const Interpretation& way : interpretations()) {
    if (2 * way.registers() > data.size()) continue;
    const Reading reading = ModbusValue(way.format(), no_texts).decode(table, data, 0, 0, 0);
    const bool one = way.registers() == 1;
    rows.push_back({std::to_string(address), modicon_style(table, address),
                    std::string(info(way.type).name),
                    one ? "-" : std::string(name_of(way.word_order)),
                    std::string(name_of(way.byte_order)), show_value(reading, way.type, no_texts)});
  }
  return rows;
}

std::string explain_exception(std::uint8_t exception, ModbusTable table, std::uint16_t address,
                              unsigned count) {
  const std::string what = words_of(table, count) + " " + std::to_string(address) +
                           (count == 1 ? "" : " to " + std::to_string(address + count - 1));
  const std::string_view other = table == ModbusTable::holding ? "input"
                                 : table == ModbusTable::input ? "holding"
                                 : table == ModbusTable::coil  ? "discrete"
                                                               : "coil";
  std::string said = "exception " + std::to_string(exception) + ", " + exception_text(exception);
  switch (exception) {
    case 1:
      return said + ": the device does not read " + words_of(table, 2) + "; try table " +
             std::string(other);
    case 2:
      said += ": the device has no " + what + ", counted from 0. Manuals often count from 1: ";
      said += address == 0 ? "try 1" : "try " + std::to_string(address - 1);
      said += ". Or it is in another table: try " + std::string(other) + ".";
      if (address > 9'999 && address / 10'000 <= 4)
        said += " Or it is written in 40001 style: try --addressing modicon.";
      if (count > 1) said += " Or some are missing: try --count 1; `fieldweir scan` finds ranges.";
      return said;
    case 3:
      return said + ": " + std::to_string(count) + " at once may be too many; try a smaller count";
    case 5:
    case 6:
      return said + ": try again in a moment";
    case 10:
    case 11:
      return said +
             ": behind this gateway nothing answers as this unit; try another --unit, or "
             "`fieldweir scan` to find those that do";
    default:
      return said;
  }
}

}  // namespace fieldweir
