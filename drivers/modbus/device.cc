#include "drivers/modbus/device.h"

namespace fieldweir {
namespace {

using config::Fields;
using config::Mistakes;
using config::Node;

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

}  // namespace

std::vector<const SignalSettings*> ModbusDevice::signals() const {
  return pointers_to(modbus_signals);
}

const Fields<ModbusDevice>& modbus_tcp_device_fields() {
  using namespace config;
  static const auto fields = [] {
    Fields<ModbusDevice> f("a Modbus TCP device");
    declare_common_device(f);
    f.section("modbus_tcp", &ModbusDevice::endpoint, modbus_tcp_fields(), required,
              "selects this driver")
        .choice<Addressing>("addressing", &ModbusDevice::addressing,
                            {{"zero_based", Addressing::zero_based},
                             {"one_based", Addressing::one_based},
                             {"modicon", Addressing::modicon}},
                            optional, "how addresses are written")
        .choice("word_order", &ModbusDevice::word_order, modbus_orders, optional,
                "which register of a wider value comes first")
        .choice("byte_order", &ModbusDevice::byte_order, modbus_orders, optional,
                "which byte of a register comes first")
        .custom("poll", "named durations", &ModbusDevice::poll, read_groups, required,
                "poll groups, like {fast: 500ms, slow: 1m}")
        .integer("max_gap", &ModbusDevice::max_gap, {0, 124}, optional,
                 "registers read through to join two requests")
        .integer("max_read", &ModbusDevice::max_read, {1, 125}, optional,
                 "registers in one request")
        .list("signals", &ModbusDevice::modbus_signals, modbus_signal_fields(), required,
              "what to read")
        .later({"template"});
    return f;
  }();
  return fields;
}

}  // namespace fieldweir
