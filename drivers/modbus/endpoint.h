// endpoint: where a Modbus device is and how it is spoken to: the sections `modbus_tcp` and
// `modbus_rtu` of a device. Read while starting; then immutable.
#pragma once

#include <optional>
#include <string>

#include "config/fields.h"
#include "core/time.h"

namespace fieldweir {

enum class ModbusFraming : std::uint8_t { tcp, rtu };

/// How a character stands on a serial line. RTU frames need all 8 bits of it.
enum class SerialFormat : std::uint8_t { n81, e81, o81, n82, e82, o82 };
inline char parity(SerialFormat format) { return "NEO"[static_cast<int>(format) % 3]; }
inline int stop_bits(SerialFormat format) { return format < SerialFormat::n82 ? 1 : 2; }

struct ModbusEndpoint {
  config::Place place;

  // of the bus: a TCP endpoint, or a serial port
  std::string host;
  std::uint16_t port = 502;
  ModbusFraming framing = ModbusFraming::tcp;  // rtu: behind a serial device server
  std::optional<Duration> close_after;         // of rest; 0: after each poll; none: never
  Duration pause_after_connect = 0;
  std::string serial;  // path of the port; empty: TCP
  int baud = 0;
  SerialFormat format = SerialFormat::n81;
  bool rs485 = false;                  // the kernel switches the direction
  std::optional<Duration> quiet_time;  // see quiet_time()

  // of the device
  std::uint8_t unit = 1;
  Duration timeout = second;
  int retries = 1;
};

const config::Fields<ModbusEndpoint>& modbus_tcp_fields();
const config::Fields<ModbusEndpoint>& modbus_rtu_fields();

/// What contradicts itself, or nothing.
std::string endpoint_mistake(const ModbusEndpoint& endpoint);

/// Devices with equal text share a bus: "modbus_tcp 192.0.2.10:502", "modbus_rtu /dev/ttyUSB0".
std::string bus_of(const ModbusEndpoint& endpoint);

/// The key in which two devices on one bus contradict each other about the bus; empty if none.
std::string bus_disagreement(const ModbusEndpoint& one, const ModbusEndpoint& other);

/// What one character takes on the line; 0 on TCP, where that is not known.
Duration character_time(const ModbusEndpoint& endpoint);

/// The silence before each request: as configured, else 3.5 characters (1.75 ms above 19,200 baud,
/// as the standard says), 5 ms with RTU framing over TCP, none with TCP framing.
Duration quiet_time(const ModbusEndpoint& endpoint);

}  // namespace fieldweir
