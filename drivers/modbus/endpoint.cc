#include "drivers/modbus/endpoint.h"

#include <algorithm>

namespace fieldweir {
namespace {

using config::Fields;
using config::Mistakes;
using config::Node;

const char* const connection_words = "keep | close | duration from 100ms to 1d";

/// keep, close after each poll, or close after a time of rest.
bool read_connection(const Node& node, std::optional<Duration>& out, Mistakes& mistakes) {
  std::string word;
  if (!config::read_text(node, word, mistakes)) return false;
  out.reset();
  if (word == "keep") return true;
  Duration rest = 0;
  Mistakes other_words;  // the hint must name the words, too
  if (word != "close" && !config::read_duration(node, {100 * millisecond, day}, rest, other_words))
    return config::expected(connection_words, node, mistakes);
  out = rest;
  return true;
}

Fields<ModbusEndpoint>& declare_of_every_device(Fields<ModbusEndpoint>& fields) {
  using config::optional;
  return fields
      .duration("timeout", &ModbusEndpoint::timeout, {10 * millisecond, minute}, optional,
                "for one request and its answer")
      .integer("retries", &ModbusEndpoint::retries, {0, 5}, optional,
               "further attempts of a request while the device is online")
      .duration("quiet_time", &ModbusEndpoint::quiet_time, {0, second}, optional,
                "silence before each request; default 3.5 characters on a serial line");
}

}  // namespace

const Fields<ModbusEndpoint>& modbus_tcp_fields() {
  using namespace config;
  static const auto fields = [] {
    Fields<ModbusEndpoint> f("modbus_tcp");
    f.text("host", &ModbusEndpoint::host, required, "host name or address")
        .integer("port", &ModbusEndpoint::port, {1, 65535}, optional, "TCP port")
        .integer("unit", &ModbusEndpoint::unit, {0, 255}, optional, "unit id behind the endpoint")
        .choice<ModbusFraming>("framing", &ModbusEndpoint::framing,
                               {{"tcp", ModbusFraming::tcp}, {"rtu", ModbusFraming::rtu}}, optional,
                               "rtu for serial device servers that pass bytes through")
        .custom("connection", connection_words, &ModbusEndpoint::close_after, read_connection,
                optional, "keep it, close it after each poll, or after a time without use")
        .duration("pause_after_connect", &ModbusEndpoint::pause_after_connect, {0, 30 * second},
                  optional, "wait before the first request; part of the timeout");
    declare_of_every_device(f);
    return f;
  }();
  return fields;
}

const Fields<ModbusEndpoint>& modbus_rtu_fields() {
  using namespace config;
  static const auto fields = [] {
    std::vector<Choice<int>> bauds = {{"300", 300},       {"600", 600},       {"1200", 1200},
                                      {"2400", 2400},     {"4800", 4800},     {"9600", 9600},
                                      {"19200", 19200},   {"38400", 38400},   {"57600", 57600},
                                      {"115200", 115200}, {"230400", 230400}, {"460800", 460800},
                                      {"921600", 921600}};
    Fields<ModbusEndpoint> f("modbus_rtu");
    f.text("port", &ModbusEndpoint::serial, required,
           "serial port, best its /dev/serial/by-id name")
        .choice<int>("baud", &ModbusEndpoint::baud, bauds, required, "bits per second")
        .choice<SerialFormat>("format", &ModbusEndpoint::format,
                              {{"8N1", SerialFormat::n81},
                               {"8E1", SerialFormat::e81},
                               {"8O1", SerialFormat::o81},
                               {"8N2", SerialFormat::n82},
                               {"8E2", SerialFormat::e82},
                               {"8O2", SerialFormat::o82}},
                              required, "data bits, parity, stop bits")
        .integer("unit", &ModbusEndpoint::unit, {1, 247}, optional, "unit id on the line")
        .flag("rs485", &ModbusEndpoint::rs485, optional,
              "let the kernel switch the direction; adapters that do it themselves need nothing");
    declare_of_every_device(f);
    return f;
  }();
  return fields;
}

std::string endpoint_mistake(const ModbusEndpoint& endpoint) {
  // on a serial line unit 0 is everybody, who obey and do not answer
  if (endpoint.framing == ModbusFraming::rtu && (endpoint.unit == 0 || endpoint.unit > 247))
    return "unit " + std::to_string(endpoint.unit) + " with framing rtu; expected 1 to 247";
  if (endpoint.pause_after_connect >= endpoint.timeout)
    return "pause_after_connect takes all of the timeout (" +
           config::show_duration(endpoint.timeout) + "); a longer timeout is needed";
  if (quiet_time(endpoint) >= endpoint.timeout)
    return "quiet_time takes all of the timeout (" + config::show_duration(endpoint.timeout) + ")";
  return {};
}

std::string bus_of(const ModbusEndpoint& endpoint) {
  if (!endpoint.serial.empty()) return "modbus_rtu " + endpoint.serial;
  return "modbus_tcp " + endpoint.host + ":" + std::to_string(endpoint.port);
}

std::string bus_disagreement(const ModbusEndpoint& one, const ModbusEndpoint& other) {
  if (one.framing != other.framing) return "framing";
  if (one.close_after != other.close_after) return "connection";
  if (one.pause_after_connect != other.pause_after_connect) return "pause_after_connect";
  if (one.baud != other.baud) return "baud";
  if (one.format != other.format) return "format";
  if (one.rs485 != other.rs485) return "rs485";
  if (one.quiet_time != other.quiet_time) return "quiet_time";
  return {};
}

Duration character_time(const ModbusEndpoint& endpoint) {
  if (endpoint.serial.empty()) return 0;
  const int parity_bits = parity(endpoint.format) == 'N' ? 0 : 1;
  return (1 + 8 + parity_bits + stop_bits(endpoint.format)) * second / endpoint.baud;
}

Duration quiet_time(const ModbusEndpoint& endpoint) {
  if (endpoint.quiet_time) return *endpoint.quiet_time;
  if (endpoint.serial.empty()) return endpoint.framing == ModbusFraming::rtu ? 5 * millisecond : 0;
  if (endpoint.baud > 19'200) return 1'750 * microsecond;
  return character_time(endpoint) * 7 / 2;
}

}  // namespace fieldweir
