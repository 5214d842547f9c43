// type: the types that a Modbus value can have, and what each takes. Constants.
#pragma once

#include <cstdint>
#include <string_view>

namespace fieldweir {

enum class ModbusType : std::uint8_t {
  boolean,  // a bit of a bit table, or a register that is not 0
  bit,      // one bit of a register
  bits,     // some neighbouring bits of a register, as a number
  int16,
  uint16,
  int32,
  uint32,
  float32,
  int64,
  uint64,
  float64,
  bcd16,  // a decimal digit in every 4 bits
  bcd32,
  string,  // two characters to the register
};

/// Which register of a wider value, or byte of a register, comes first.
enum class Order : std::uint8_t { big, little };

enum class ModbusShape : std::uint8_t {
  boolean,
  signed_integer,
  unsigned_integer,
  bcd,
  real,
  text
};

struct ModbusTypeInfo {
  std::string_view name;    // in YAML
  std::uint16_t registers;  // 0: as `length` says
  ModbusShape shape;
};

/// In the order of ModbusType.
inline constexpr ModbusTypeInfo modbus_types[] = {
    {"bool", 1, ModbusShape::boolean},
    {"bit", 1, ModbusShape::boolean},
    {"bits", 1, ModbusShape::unsigned_integer},
    {"int16", 1, ModbusShape::signed_integer},
    {"uint16", 1, ModbusShape::unsigned_integer},
    {"int32", 2, ModbusShape::signed_integer},
    {"uint32", 2, ModbusShape::unsigned_integer},
    {"float32", 2, ModbusShape::real},
    {"int64", 4, ModbusShape::signed_integer},
    {"uint64", 4, ModbusShape::unsigned_integer},
    {"float64", 4, ModbusShape::real},
    {"bcd16", 1, ModbusShape::bcd},
    {"bcd32", 2, ModbusShape::bcd},
    {"string", 0, ModbusShape::text},
};

constexpr const ModbusTypeInfo& info(ModbusType type) {
  return modbus_types[static_cast<int>(type)];
}
/// 0: of a string, which has as many as `length` says.
constexpr std::uint16_t registers_of(ModbusType type) { return info(type).registers; }
constexpr bool is_integer(ModbusType type) {
  return info(type).shape != ModbusShape::real && info(type).shape != ModbusShape::boolean &&
         info(type).shape != ModbusShape::text;
}

}  // namespace fieldweir
