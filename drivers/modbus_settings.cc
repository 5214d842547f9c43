#include "drivers/modbus_settings.h"

namespace fieldweir {
namespace {

using config::Fields;
using config::Mistakes;
using config::Node;

const std::vector<config::Choice<Order>> orders = {{"big", Order::big}, {"little", Order::little}};

// in the order of ModbusType
constexpr std::string_view types[] = {"bool",   "bit",     "int16", "uint16", "int32",
                                      "uint32", "float32", "int64", "uint64", "float64"};

bool read_type(const Node& node, std::optional<ModbusType>& out, Mistakes& mistakes) {
  for (const std::string_view later : {"string", "bcd16", "bcd32"}) {
    if (node.scalar != later) continue;
    mistakes.add(node.place, "type " + node.scalar + " is not available in this version");
    return false;
  }
  std::size_t index = 0;
  if (!config::read_choice(node, types, index, mistakes)) return false;
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

bool read_groups(const Node& node, std::vector<std::pair<std::string, Duration>>& out,
                 Mistakes& mistakes) {
  if (!config::expect_map(node, mistakes)) return false;
  if (node.entries.empty())
    mistakes.add(node.place, "at least one poll group is needed, like {fast: 1s}");
  bool good = !node.entries.empty();
  for (const Node::Entry& entry : node.entries) {
    auto& [name, interval] = out.emplace_back(entry.key, second);
    if (name == "once") {
      mistakes.add(entry.key_place, "'once' is no name for a poll group");
      good = false;
    }
    good = config::read_duration(entry.value, {10 * millisecond, day}, interval, mistakes) && good;
  }
  return good;
}

const Fields<ModbusEndpoint>& endpoint_fields() {
  using namespace config;
  static const auto fields =
      Fields<ModbusEndpoint>("modbus_tcp")
          .text("host", &ModbusEndpoint::host, required, "host name or address")
          .integer("port", &ModbusEndpoint::port, {1, 65535}, optional, "TCP port")
          .integer("unit", &ModbusEndpoint::unit, {0, 255}, optional, "unit id behind the endpoint")
          .duration("timeout", &ModbusEndpoint::timeout, {10 * millisecond, minute}, optional,
                    "for one request and its answer")
          .integer("retries", &ModbusEndpoint::retries, {0, 5}, optional,
                   "further attempts of a request while the device is online")
          .later({"framing"});
  return fields;
}

const Fields<ModbusSignal>& signal_fields() {
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
        .choice("word_order", &ModbusSignal::word_order, orders, optional, "default: the device's")
        .choice("byte_order", &ModbusSignal::byte_order, orders, optional, "default: the device's")
        .later({"enum", "length", "write"});
    return f;
  }();
  return fields;
}

}  // namespace

std::vector<const SignalSettings*> ModbusTcpDevice::signals() const {
  return pointers_to(modbus_signals);
}

const Fields<ModbusTcpDevice>& modbus_tcp_fields() {
  using namespace config;
  static const auto fields = [] {
    Fields<ModbusTcpDevice> f("a Modbus TCP device");
    declare_common_device(f);
    f.section("modbus_tcp", &ModbusTcpDevice::modbus_tcp, endpoint_fields(), required,
              "selects this driver")
        .choice<Addressing>("addressing", &ModbusTcpDevice::addressing,
                            {{"zero_based", Addressing::zero_based},
                             {"one_based", Addressing::one_based},
                             {"modicon", Addressing::modicon}},
                            optional, "how addresses are written")
        .choice("word_order", &ModbusTcpDevice::word_order, orders, optional,
                "which register of a wider value comes first")
        .choice("byte_order", &ModbusTcpDevice::byte_order, orders, optional,
                "which byte of a register comes first")
        .custom("poll", "named durations", &ModbusTcpDevice::poll, read_groups, required,
                "poll groups, like {fast: 500ms, slow: 1m}")
        .integer("max_gap", &ModbusTcpDevice::max_gap, {0, 124}, optional,
                 "registers read through to join two requests")
        .integer("max_read", &ModbusTcpDevice::max_read, {1, 125}, optional,
                 "registers in one request")
        .list("signals", &ModbusTcpDevice::modbus_signals, signal_fields(), required,
              "what to read")
        .later({"template"});
    return f;
  }();
  return fields;
}

}  // namespace fieldweir
