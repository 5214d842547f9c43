#include "daemon/target.h"

#include <algorithm>
#include <charconv>

#include "config/load.h"
#include "daemon/commands.h"
#include "daemon/settings.h"
#include "drivers/modbus/interpret.h"

namespace fieldweir {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

bool is_serial(const TargetOptions& options) {
  return options.address.starts_with("/") || !options.baud.empty() || !options.format.empty();
}

/// ", key: value" unless there is none.
std::string entry(const char* key, const std::string& value) {
  return value.empty() ? "" : std::string(", ") + key + ": " + value;
}

struct HostAndPort {
  std::string host;
  std::string port;
};

/// "host", "host:port", "[v6]:port", "v6": a literal with several colons has no port.
HostAndPort split(const std::string& address) {
  if (address.starts_with("[")) {
    const std::size_t end = address.find(']');
    if (end == std::string::npos) return {address, ""};
    const std::string rest = address.substr(end + 1);
    return {address.substr(1, end - 1), rest.starts_with(":") ? rest.substr(1) : rest};
  }
  const std::size_t colon = address.find(':');
  if (colon == std::string::npos || colon != address.rfind(':')) return {address, ""};
  return {address.substr(0, colon), address.substr(colon + 1)};
}

bool is_modbus(const Settings::Device& device) {
  return device.kind->key == "modbus_tcp" || device.kind->key == "modbus_rtu";
}

std::unique_ptr<ModbusDevice> as_modbus(std::unique_ptr<DeviceSettings> device) {
  return std::unique_ptr<ModbusDevice>(static_cast<ModbusDevice*>(device.release()));
}

std::unique_ptr<ModbusDevice> device_in_file(const std::string& path, const std::string& name) {
  config::Mistakes mistakes;
  Settings settings = load_settings(path, mistakes);
  if (!mistakes.empty()) throw Refused(exit_configuration, mistakes.text());
  std::vector<std::string> names;
  for (Settings::Device& device : settings.devices) {
    if (!is_modbus(device)) continue;
    names.push_back(device.settings->name);
    if (names.back() == name) return as_modbus(std::move(device.settings));
  }
  throw Refused(exit_usage,
                path + " has no Modbus device '" + name + "'" + config::did_you_mean(name, names));
}

std::unique_ptr<ModbusDevice> device_on_line(const TargetOptions& options) {
  std::string text = "name: device\n" + endpoint_section(options) + "\npoll: {normal: 1s}\n";
  for (const auto& [key, value] :
       {std::pair("addressing", options.addressing), std::pair("word_order", options.word_order),
        std::pair("byte_order", options.byte_order)})
    if (!value.empty()) text += std::string(key) + ": " + value + "\n";
  text += "signals: []\n";
  config::Mistakes mistakes;
  const config::Node node = config::load_text("command line", text, mistakes);
  const auto kind = std::ranges::find(
      driver_kinds(), is_serial(options) ? "modbus_rtu" : "modbus_tcp", &DriverKind::key);
  std::unique_ptr<DeviceSettings> device;
  if (mistakes.empty() && kind != driver_kinds().end()) device = kind->read(node, mistakes);
  if (device == nullptr || !mistakes.empty()) throw Refused(exit_usage, mistakes.text());
  return as_modbus(std::move(device));
}

}  // namespace

std::string endpoint_section(const TargetOptions& options) {
  std::string fields;
  if (is_serial(options)) {
    fields = "modbus_rtu: {port: " + quoted(options.address) + entry("baud", options.baud) +
             entry("format", options.format);
  } else {
    const HostAndPort peer = split(options.address);
    fields = "modbus_tcp: {host: " + quoted(peer.host) + entry("port", peer.port) +
             entry("framing", options.framing);
  }
  return fields + entry("unit", options.unit) + entry("timeout", options.timeout) + "}";
}

TargetOptions options_of(const ModbusEndpoint& endpoint) {
  TargetOptions options;
  options.unit = std::to_string(endpoint.unit);
  options.timeout = config::show_duration(endpoint.timeout);
  if (endpoint.serial.empty()) {
    options.address = "[" + endpoint.host + "]:" + std::to_string(endpoint.port);
    if (endpoint.framing == ModbusFraming::rtu) options.framing = "rtu";
  } else {
    options.address = endpoint.serial;
    options.baud = std::to_string(endpoint.baud);
    options.format =
        std::string("8") + parity(endpoint.format) + std::to_string(stop_bits(endpoint.format));
  }
  return options;
}

std::unique_ptr<ModbusDevice> find_target(const TargetOptions& options) {
  if (options.device.empty()) return device_on_line(options);
  auto device = device_in_file(options.config, options.device);
  if (!options.unit.empty())
    device->endpoint.unit = static_cast<std::uint8_t>(written_number(options.unit));
  return device;
}

void use_signals(ModbusDevice& device, const std::string& signals) {
  config::Mistakes mistakes;
  const config::Node list = config::load_text("command line", signals, mistakes);
  device.modbus_signals.clear();
  for (const config::Node& item : list.items)
    modbus_signal_fields().read(item, device.modbus_signals.emplace_back(), mistakes);
  if (mistakes.empty()) work_out(device, mistakes);
  if (!mistakes.empty()) throw Refused(exit_usage, mistakes.text());
}

TablePlace find_place(const ModbusDevice& device, const std::vector<std::string>& words) {
  const auto table = table_named(words[0]);
  if (!table)
    throw Refused(exit_usage,
                  "no table '" + words[0] + "'" +
                      config::did_you_mean(words[0], {"coil", "discrete", "input", "holding"}) +
                      "; there are coil, discrete, input and holding");
  const auto address = zero_based(device.addressing, *table, written_number(words[1]));
  if (!address)
    throw Refused(exit_usage, words[1] + " is no address of " + words_of(*table, 2) +
                                  " the way that --addressing says");
  return {*table, *address};
}

TableRange find_range(const ModbusDevice& device, const std::string& table,
                      const std::string& range) {
  const std::size_t dots = range.find("..");
  const TablePlace first = find_place(device, {table, range.substr(0, dots)});
  const TablePlace last =
      dots == std::string::npos ? first : find_place(device, {table, range.substr(dots + 2)});
  if (last.address < first.address) throw Refused(exit_usage, range + " ends before it begins");
  return {first.table, {first.address, last.address}};
}

ModbusRange written_range(const std::string& text, unsigned most) {
  const std::size_t dots = text.find("..");
  const std::int64_t first = written_number(text.substr(0, dots));
  const std::int64_t last =
      dots == std::string::npos ? first : written_number(text.substr(dots + 2));
  if (last < first || last > most)
    throw Refused(exit_usage, text + " is no range like 0.." + std::to_string(most));
  return {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
}

std::int64_t written_number(const std::string& text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [read, problem] =
      std::from_chars(text.data() + (hex ? 2 : 0), end, number, hex ? 16 : 10);
  if (problem != std::errc() || read != end || number < 0)
    throw Refused(exit_usage, "'" + text + "' is no number like 100 or 0x64");
  return number;
}

}  // namespace fieldweir
