// Motion: values for a simulated device's registers that move as a plausible device's would, and
// that read back as the configuration says. Owned by `simulate`, one thread.
//
// Bits change every few seconds, states go round, numbers swing between 100 and 900 of their raw
// unit, floats between 10 and 90, wide integers count up, a signal that may be written ramps within
// its limits. What a client writes stays as it wrote it.
#pragma once

#include <vector>

#include "core/text_table.h"
#include "drivers/modbus/device.h"
#include "drivers/modbus/libmodbus.h"

namespace fieldweir {

class Motion {
 public:
  /// Moves the device's signals in `unit`, which covers their points. Both outlive it.
  Motion(const ModbusDevice& device, ModbusUnit& unit);

  /// Gives every register its value `elapsed` after the start.
  void move(Duration elapsed);

 private:
  struct Moved {
    const ModbusSignal& signal;
    ModbusValue raw;  // the signal without its scaling
  };
  bool held(const ModbusSignal& signal) const;
  void put(Moved& moved, double seconds, std::size_t index);
  void put_bits(const ModbusSignal& signal, std::uint16_t bits);
  void put_text(const ModbusSignal& signal);
  void put_register(const ModbusSignal& signal, std::size_t index, std::uint16_t value);

  TextTable texts_;
  ModbusUnit& unit_;
  std::vector<Moved> moved_;
};

}  // namespace fieldweir
