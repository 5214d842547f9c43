#include "drivers/modbus/device.h"

namespace fieldweir {
namespace {

using config::Fields;
using config::Mistakes;
using config::Node;

constexpr config::Range<Duration> intervals{10 * millisecond, day};

const Fields<ModbusGroup>& group_fields() {
  static const auto fields =
      Fields<ModbusGroup>("a poll group")
          .duration("every", &ModbusGroup::interval, intervals, config::required, "the interval")
          .flag("align", &ModbusGroup::aligned, config::optional,
                "to multiples of the interval in UTC");
  return fields;
}

bool read_group(const Node& node, ModbusGroup& group, Mistakes& mistakes) {
  if (node.type == Node::Type::map) return group_fields().read(node, group, mistakes);
  return config::read_duration(node, intervals, group.interval, mistakes);
}

bool read_groups(const Node& node, std::vector<ModbusGroup>& out, Mistakes& mistakes) {
  if (!config::expect_map(node, mistakes)) return false;
  if (node.entries.empty())
    mistakes.add(node.place, "at least one poll group is needed, like {fast: 1s}");
  bool good = !node.entries.empty();
  for (const Node::Entry& entry : node.entries) {
    ModbusGroup& group = out.emplace_back();
    group.name = entry.key;
    if (group.name == "once") {
      mistakes.add(entry.key_place, "'once' is no name for a poll group: it is there anyway");
      good = false;
    }
    good = read_group(entry.value, group, mistakes) && good;
  }
  return good;
}

/// The same for every kind of bus but for the section that says where the device is.
Fields<ModbusDevice> device_fields(const char* what, const Fields<ModbusEndpoint>& endpoint) {
  using namespace config;
  Fields<ModbusDevice> f(what);
  declare_common_device(f);
  f.section(endpoint.what(), &ModbusDevice::endpoint, endpoint, required, "selects this driver")
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
              "poll groups, like {fast: 500ms, hourly: {every: 1h, align: true}}")
      .integer("max_gap", &ModbusDevice::max_gap, {0, 124}, optional,
               "registers read through to join two requests")
      .integer("max_read", &ModbusDevice::max_read, {1, 125}, optional, "registers in one request")
      .list("signals", &ModbusDevice::modbus_signals, modbus_signal_fields(), required,
            "what to read");
  return f;
}

}  // namespace

std::vector<const SignalSettings*> ModbusDevice::signals() const {
  return pointers_to(modbus_signals);
}

ModbusPlan ModbusDevice::plan(std::size_t group) const {
  std::vector<std::uint32_t> members;
  std::vector<ModbusPoint> points;
  for (std::uint32_t i = 0; i < modbus_signals.size(); ++i) {
    if (modbus_signals[i].group != group) continue;
    members.push_back(i);
    points.push_back(modbus_signals[i].point);
  }
  ModbusPlan plan = plan_reads(points, {max_gap, max_read});
  for (std::uint32_t& index : plan.order) index = members[index];
  return plan;
}

const Fields<ModbusDevice>& modbus_tcp_device_fields() {
  static const auto fields = device_fields("a Modbus TCP device", modbus_tcp_fields());
  return fields;
}

const Fields<ModbusDevice>& modbus_rtu_device_fields() {
  static const auto fields = device_fields("a Modbus RTU device", modbus_rtu_fields());
  return fields;
}

}  // namespace fieldweir
