// interpret: what registers may mean, for a person in front of a panel: names, both ways of
// writing an address, every type and order. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/modbus/frame.h"
#include "drivers/modbus/value.h"

namespace fieldweir {

inline constexpr ModbusTable modbus_tables[] = {ModbusTable::coil, ModbusTable::discrete,
                                                ModbusTable::input, ModbusTable::holding};

/// As in a configuration: "holding".
std::string_view name_of(ModbusTable table);
std::optional<ModbusTable> table_named(std::string_view name);
/// As in a configuration: "big".
std::string_view name_of(Order order);

/// "holding register" or "coil", in the plural unless there is one.
std::string words_of(ModbusTable table, unsigned count);

/// The address as manuals write it: holding 100 is 40101, 10000 is 410001, coil 0 is 1.
std::string modicon_style(ModbusTable table, std::uint16_t address);

/// One way to read a number out of registers.
struct Interpretation {
  ModbusType type;
  Order word_order;
  Order byte_order;

  ModbusValue::Format format() const;
  unsigned registers() const { return info(type).registers; }
  friend bool operator==(const Interpretation&, const Interpretation&) = default;
};

/// Every type of number in every order, the usual first; orders that make no difference are left
/// out.
std::vector<Interpretation> interpretations();

/// "21.7", "true", "no value: invalid code"; a float32 with the digits that it has.
std::string show_value(const Reading& reading, ModbusType type, const TextTable& texts);

using Row = std::vector<std::string>;  // of a table for people

/// Each register (or bit) of an answer as it is, under a headline.
std::vector<Row> plain_rows(ModbusTable table, std::uint16_t address,
                            std::span<const std::uint8_t> data, unsigned count);

/// What the answer's first registers are in every type and order, under a headline.
std::vector<Row> interpreted_rows(ModbusTable table, std::uint16_t address,
                                  std::span<const std::uint8_t> data);

/// What an exception means and what to try next, for a read of `count` from a zero-based address.
std::string explain_exception(std::uint8_t exception, ModbusTable table, std::uint16_t address,
                              unsigned count);

}  // namespace fieldweir
