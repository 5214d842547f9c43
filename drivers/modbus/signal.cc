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

using States = std::vector<std::pair<std::int64_t, std::string>>;

bool read_state(const Node::Entry& entry, States& out, Mistakes& mistakes) {
  Node key;  // a key is a text in the tree; here it has to be an integer
  key.type = Node::Type::scalar;
  key.place = entry.key_place;
  key.scalar = entry.key;
  auto& [code, text] = out.emplace_back();
  if (!config::read_integer(key, {INT64_MIN, INT64_MAX}, code, mistakes)) return false;
  if (!config::read_text(entry.value, text, mistakes)) return false;
  const bool fits = !text.empty() && text.size() <= TextTable::longest;
  if (!fits) mistakes.add(entry.value.place, "a text of 1 to 64 bytes is needed");
  return fits;
}

bool read_states(const Node& node, States& out, Mistakes& mistakes) {
  if (!config::expect_map(node, mistakes)) return false;
  bool good = !node.entries.empty();
  if (!good) mistakes.add(node.place, "at least one state is needed, like {0: closed}");
  for (const Node::Entry& entry : node.entries) good = read_state(entry, out, mistakes) && good;
  return good;
}

const config::Fields<ModbusWriteSection>& write_fields() {
  using namespace config;
  static const auto fields =
      Fields<ModbusWriteSection>("write")
          .number("min", &ModbusWriteSection::min, optional, "least value, in the signal's unit")
          .number("max", &ModbusWriteSection::max, optional, "greatest value")
          .number("step", &ModbusWriteSection::step, optional, "values are min + n x step")
          .duration("every", &ModbusWriteSection::every, {0, day}, optional,
                    "shortest time between two writes");
  return fields;
}

std::string types_text() {
  std::string text = "one of";
  for (const ModbusTypeInfo& type : modbus_types)
    text += (text == "one of" ? " " : " | ") + std::string(type.name);
  return text;
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
        .custom("type", types_text(), &ModbusSignal::type, read_type, optional,
                "of the value; coil and discrete hold bool", config::choice_schema(type_names()))
        .integer("bit", &ModbusSignal::bit, {0, 15}, optional,
                 "of types bit and bits: the lowest one; 0 is the register's lowest")
        .integer("bits", &ModbusSignal::bits, {2, 16}, optional,
                 "how many bits of the register are the number, of type bits")
        .integer("length", &ModbusSignal::length, {1, ModbusValue::longest_string}, optional,
                 "registers of a string, two characters in each")
        .number("scale", &ModbusSignal::scale, optional, "value = raw x scale + offset")
        .number("offset", &ModbusSignal::offset, optional, "value = raw x scale + offset")
        .integer("scale_register", &ModbusSignal::scale_register, {0, 465536}, optional,
                 "address of an int16 n in the same table: value = raw x 10^n")
        .integer("decimals", &ModbusSignal::decimals, {0, 9}, optional,
                 "the value is rounded to so many")
        .custom("enum", "map from codes to texts", &ModbusSignal::states, read_states, optional,
                "the value is the text; a code that is not named is bad(invalid code)")
        .custom("invalid", "list of integers", &ModbusSignal::invalid, read_codes, optional,
                "raw codes by which the device says that it has no value",
                config::list_schema(config::integer_schema({INT64_MIN, INT64_MAX})))
        .reference("poll", &ModbusSignal::poll, optional, "poll group; default: the first")
        .choice("word_order", &ModbusSignal::word_order, modbus_orders, optional,
                "default: the device's")
        .choice("byte_order", &ModbusSignal::byte_order, modbus_orders, optional,
                "default: the device's")
        .section("write", &ModbusSignal::write, write_fields(), optional,
                 "that it may be written, and within which limits");
    return f;
  }();
  return fields;
}

ModbusValue::Format format_of(const ModbusSignal& signal, Order word_order, Order byte_order) {
  ModbusValue::Format format;
  format.type = signal.type.value_or(ModbusType::boolean);
  format.bit = static_cast<unsigned>(signal.bit.value_or(0));
  format.bits = static_cast<unsigned>(signal.bits.value_or(1));
  format.length = static_cast<std::uint16_t>(signal.length.value_or(0));
  format.word_order = signal.word_order.value_or(word_order);
  format.byte_order = signal.byte_order.value_or(byte_order);
  format.scale = signal.scale.value_or(1);
  format.offset = signal.offset.value_or(0);
  if (signal.decimals) format.decimals = static_cast<int>(*signal.decimals);
  format.invalid = signal.invalid;
  format.states = signal.states;
  return format;
}

}  // namespace fieldweir
