// modbus_request: the request that a fuzz input begins with, and what must hold of any answer that
// was verified for it, whatever bytes it came in.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/check.h"
#include "drivers/modbus/frame.h"
#include "drivers/modbus/identification.h"

namespace fieldweir {

struct FuzzedRequest {
  static constexpr std::size_t bytes = 8;

  std::uint16_t transaction = 0;
  ModbusRequest request;
  std::array<std::uint8_t, 246> data{};
};

/// From the first 8 bytes; only such requests as drivers make.
inline void read_request(std::span<const std::uint8_t> input, FuzzedRequest& out) {
  using enum ModbusFunction;
  struct Shape {
    ModbusFunction function;
    unsigned most;
  };
  static constexpr Shape shapes[] = {
      {read_coils, 2000},  {read_discrete, 2000},  {read_holding, 125},
      {read_input, 125},   {write_coil, 1},        {write_register, 1},
      {write_coils, 1968}, {write_registers, 123}, {identify, 4}};
  const Shape& shape = shapes[input[3] % std::size(shapes)];
  out.transaction = static_cast<std::uint16_t>(big_endian(input, 0));
  out.request.unit = input[2];
  out.request.function = shape.function;
  out.request.address = static_cast<std::uint16_t>(big_endian(input, 4));
  if (shape.function == identify) out.request.address &= 0xFF;
  out.request.count = static_cast<std::uint16_t>(1 + big_endian(input, 6) % shape.most);
  out.data.fill(input[7]);
  if (shape.function >= write_coil && shape.function <= write_registers)
    out.request.data = std::span(out.data).first(data_bytes(out.request));
}

/// A verified answer lies within its frame and is as long as the request asks.
inline void check_answer(const ModbusRequest& request, const ModbusAnswer& answer,
                         std::span<const std::uint8_t> frame) {
  if (answer.data.empty()) {
    const bool read = request.function <= ModbusFunction::read_input ||
                      request.function == ModbusFunction::identify;
    FIELDWEIR_CHECK(answer.exception != 0 || !read);
    return;
  }
  FIELDWEIR_CHECK(answer.exception == 0);
  FIELDWEIR_CHECK(answer.data.data() >= frame.data() &&
                  answer.data.data() + answer.data.size() <= frame.data() + frame.size());
  if (request.function != ModbusFunction::identify) {
    FIELDWEIR_CHECK(answer.data.size() == data_bytes(request));
    return;
  }
  // its objects are as many as it says and fill it exactly
  std::size_t size = 4;
  unsigned objects = 0;
  for (IdentificationObjects rest(answer.data); const auto object = rest.next(); ++objects)
    size += 2 + object->text.size();
  FIELDWEIR_CHECK(size == answer.data.size() && objects == answer.data[3]);
}

}  // namespace fieldweir
