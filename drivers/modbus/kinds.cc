// The rows of drivers/modbus.h.
#include "drivers/modbus.h"

#include "drivers/modbus/device.h"
#include "drivers/modbus/driver.h"
#include "drivers/modbus/explain.h"

namespace fieldweir {
namespace {

const ModbusDevice& settings(const DeviceSettings& device) {
  return static_cast<const ModbusDevice&>(device);
}

std::vector<const ModbusDevice*> settings(DriverKind::BusDevices devices) {
  std::vector<const ModbusDevice*> all;
  for (const DeviceSettings* device : devices) all.push_back(&settings(*device));
  return all;
}

/// One phase for the whole bus: its requests go one after the other anyway, and a bus that works in
/// one go wakes the processor once where scattered polls would wake it for each device.
std::vector<std::unique_ptr<Driver>> make(std::span<const DeviceSeat> devices,
                                          const DriverContext& context) {
  const std::shared_ptr<ModbusLink> link = make_modbus_link(
      settings(devices.front().settings).endpoint, context.resolver, context.clock);
  std::vector<std::unique_ptr<Driver>> drivers;
  for (const DeviceSeat& seat : devices)
    drivers.push_back(
        std::make_unique<ModbusDriver>(settings(seat.settings), seat.first, link, context));
  return drivers;
}

/// Kinds differ in the section that says where the device is.
template <const config::Fields<ModbusDevice>& (*fields)()>
DriverKind kind_of_bus(std::string_view key) {
  DriverKind kind{};
  kind.key = key;
  kind.read = [](const config::Node& node,
                 config::Mistakes& mistakes) -> std::unique_ptr<DeviceSettings> {
    auto device = std::make_unique<ModbusDevice>();
    const bool good = fields().read(node, *device, mistakes);
    if (!good || !work_out(*device, mistakes)) return nullptr;
    return device;
  };
  kind.bus = [](const DeviceSettings& device) { return bus_of(settings(device).endpoint); };
  kind.make = make;
  kind.check_bus = [](DriverKind::BusDevices devices, config::Mistakes& mistakes) {
    check_bus(settings(devices), mistakes);
  };
  kind.warn_of_bus = [](DriverKind::BusDevices devices) { return bus_warning(settings(devices)); };
  kind.explain_bus = [](DriverKind::BusDevices devices) { return explain_bus(settings(devices)); };
  kind.fields = []() -> const std::vector<config::FieldInfo>& { return fields().infos(); };
  return kind;
}

}  // namespace

DriverKind modbus_tcp_driver() { return kind_of_bus<modbus_tcp_device_fields>("modbus_tcp"); }
DriverKind modbus_rtu_driver() { return kind_of_bus<modbus_rtu_device_fields>("modbus_rtu"); }

}  // namespace fieldweir
