// forms: how the values of one signal stand in a batch; see codec.h. The numbers are stored.
//
// A float64 that came from an integer and a scale is that integer again: the form says by which
// power of ten it is divided or multiplied (x 0.1 and / 10 differ in the last bit), and is used
// only if every value comes back bit for bit.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "core/reading.h"

namespace fieldweir {

class ByteWriter;

namespace form {

enum : std::uint8_t {
  nothing = 0,
  all_false = 1,
  all_true = 2,
  bits = 3,
  int64 = 4,
  uint64 = 5,
  text = 6,
  float64 = 7,
  float32 = 8,
  divided = 16,  // + k: n / 10^k
  scaled = 32,   // + k: n x 10^-k
};
inline constexpr std::uint8_t equal = 0x80;  // flag: one value stands for all
inline constexpr int most_digits = 7;

inline constexpr double powers[most_digits + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
inline constexpr double fractions[most_digits + 1] = {1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7};

constexpr bool is_decimal(std::uint8_t form) {
  return (form >= divided && form <= divided + most_digits) ||
         (form >= scaled && form <= scaled + most_digits);
}

/// The number that a decimal form makes of `n`.
inline double from_decimal(std::uint8_t form, std::int64_t n) {
  return form < scaled ? static_cast<double>(n) / powers[form - divided]
                       : static_cast<double>(n) * fractions[form - scaled];
}

/// The integer that a decimal form may have made `value` from; only from_decimal tells.
inline std::int64_t to_decimal(std::uint8_t form, double value) {
  const double x = value * powers[form < scaled ? form - divided : form - scaled];
  // beyond 2^53, and for NaN, the conversion would not be exact or not defined
  if (!(x > -0x1p53 && x < 0x1p53)) return 0;
  return static_cast<std::int64_t>(x < 0 ? x - 0.5 : x + 0.5);
}

/// Whether a float64 form holds the value exactly.
inline bool holds(std::uint8_t form, std::uint64_t value_bits) {
  const double value = std::bit_cast<double>(value_bits);
  if (form == float64) return true;
  if (form == float32) {
    // only finite ones: a conversion may change the payload of a NaN
    if (!(value >= -3e38 && value <= 3e38)) return false;
    return std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<float>(value))) ==
           value_bits;
  }
  return std::bit_cast<std::uint64_t>(from_decimal(form, to_decimal(form, value))) == value_bits;
}

}  // namespace form

bool all_held(std::uint8_t form, std::span<const std::uint64_t> bits);
/// The shortest form that holds all of these float64.
std::uint8_t float_form(std::span<const std::uint64_t> bits);
std::uint8_t boolean_form(std::span<const std::uint64_t> bits);
/// The values in a form that holds them.
void write_values(ByteWriter& writer, std::uint8_t form, std::span<const std::uint64_t> bits);

}  // namespace fieldweir
