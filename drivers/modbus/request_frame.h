// request_frame: requests as a server receives them. Pure functions.
// Source: MODBUS Application Protocol V1.1b3, section 6; the framings as in tcp_frame and
// rtu_frame.
#pragma once

#include <optional>
#include <span>

#include "drivers/modbus/endpoint.h"
#include "drivers/modbus/tcp_frame.h"

namespace fieldweir {

/// The size of the request frame that starts with these bytes, as far as they tell: more than there
/// are while they are not the whole, 0 if no request starts like this. On a serial line a function
/// whose length is not known ends with a right checksum.
std::size_t request_bytes(ModbusFraming framing, std::span<const std::uint8_t> start);

/// A whole request, taken apart.
struct ReceivedRequest {
  std::uint8_t unit;
  std::uint8_t function;
  struct Access {
    ModbusTable table;
    unsigned address;
    unsigned count;
  };
  std::optional<Access> reads;
  std::optional<Access> writes;
};

/// Nothing if its checksum is wrong.
std::optional<ReceivedRequest> take_apart(ModbusFraming framing,
                                          std::span<const std::uint8_t> frame);

}  // namespace fieldweir
