#include "drivers/modbus/signal.h"

#include <algorithm>

namespace fieldweir {

const std::vector<config::Choice<Order>> modbus_orders = {{"big", Order::big},
                                                          {"little", Order::little}};

namespace {

using config::Mistakes;
using config::Node;

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names;
  for (const ModbusTypeInfo& type : modbus_types) names.push_back(type.name);
  return names;
}

bool read_type(const Node& node, std::optional<ModbusType>& out, Mistakes& mistakes) {
  static const std::vector<std::string_view> names = type_names();
  std::size_t index = 0;
  if (!config::read_choice(node, names, index, mistakes)) return false;
  out = static_cast<ModbusType>(index);
  return true;
}

bool read_codes(const Node& node, std::vector<std::int64_t>& out, Mistakes& mistakes) {
  if (!config::expect_list(node, mistakes)) return false;
  bool good = true;
  for (const Node& item : node.items)
    good = config::read_integer(item, {INT64_MIN, INT64_MAX}, out.emplace_back(), mistakes) && good;
  return good;
}

bool is_boolean(ModbusType type) { return type <= ModbusType::bit; }

bool is_float(ModbusType type) {
  return type == ModbusType::float32 || type == ModbusType::float64;
}

/// Whether `code` is the signed or unsigned reading of some `bits` bits.
bool fits(std::int64_t code, unsigned bits) {
  if (bits == 64) return true;
  return code >= -(std::int64_t{1} << (bits - 1)) && code < std::int64_t{1} << bits;
}

}  // namespace

const config::Fields<ModbusSignal>& modbus_signal_fields() {
  using namespace config;
  static const auto fields = [] {
    Fields<ModbusSignal> f("a Modbus signal");
    declare_common_signal(f);
    f.choice<ModbusTable>("table", &ModbusSignal::table,
                          {{"coil", ModbusTable::coil},
                           {"discrete", ModbusTable::discrete},
                           {"input", ModbusTable::input},
                           {"holding", ModbusTable::holding}},
                          required, "where it lives")
        .integer("address", &ModbusSignal::address, {0, 465536}, required,
                 "first register or bit, written as `addressing` says")
        .custom("type",
                "one of bool | bit | int16 | uint16 | int32 | uint32 | float32 | int64 | uint64 | "
                "float64",
                &ModbusSignal::type, read_type, optional,
                "of the value; coil and discrete hold bool")
        .integer("bit", &ModbusSignal::bit, {0, 15}, optional, "of type bit; 0 is the lowest")
        .number("scale", &ModbusSignal::scale, optional, "value = raw x scale + offset")
        .number("offset", &ModbusSignal::offset, optional, "value = raw x scale + offset")
        .custom("invalid", "list of integers", &ModbusSignal::invalid, read_codes, optional,
                "raw codes by which the device says that it has no value")
        .reference("poll", &ModbusSignal::poll, optional, "poll group; default: the first")
        .choice("word_order", &ModbusSignal::word_order, modbus_orders, optional,
                "default: the device's")
        .choice("byte_order", &ModbusSignal::byte_order, modbus_orders, optional,
                "default: the device's")
        .later({"enum", "length", "write"});
    return f;
  }();
  return fields;
}

std::string type_mistake(const ModbusSignal& signal, std::uint16_t max_read) {
  if (holds_bits(signal.table)) {
    if (signal.type && signal.type != ModbusType::boolean)
      return "coil and discrete hold only type bool";
  } else if (!signal.type) {
    return "a signal in input or holding registers needs a type";
  }
  const ModbusType type = signal.type.value_or(ModbusType::boolean);
  if (signal.bit.has_value() != (type == ModbusType::bit))
    return "'bit' and type bit need each other";
  if (is_boolean(type) && (signal.scale || signal.offset || !signal.invalid.empty()))
    return "scale, offset and invalid are for numbers";
  if (signal.scale && *signal.scale == 0) return "a scale of 0 leaves nothing of the value";
  const unsigned registers = registers_of(type);
  if (!is_float(type))
    for (const std::int64_t code : signal.invalid)
      if (!fits(code, 16 * registers))
        return "invalid code " + std::to_string(code) + " does not fit the type";
  if (registers > max_read)
    return "the type takes " + std::to_string(registers) + " registers, max_read allows " +
           std::to_string(max_read);
  return {};
}

}  // namespace fieldweir
