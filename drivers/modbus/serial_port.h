// ModbusSerialPort: a serial port that nobody else uses meanwhile. Its path is resolved at each
// open, so that a by-id name finds the adapter again under whatever number it came back.
//
// The port is locked (flock, and TIOCEXCL) before its settings are touched: a program that has it
// already is not disturbed. The lock goes with the descriptor, however the process ends.
#pragma once

#include <string>

#include "drivers/modbus/channel.h"

namespace fieldweir {

class ModbusSerialPort final : public ModbusPort {
 public:
  explicit ModbusSerialPort(const ModbusEndpoint& endpoint);
  Result<int> open(Time deadline, const Stop& stop) override;

 private:
  Result<> lock(int descriptor) const;
  Result<> set_line(int descriptor) const;
  Result<> set_direction(int descriptor) const;

  const std::string path_;
  const int baud_;
  const SerialFormat format_;
  const bool rs485_;
};

}  // namespace fieldweir
