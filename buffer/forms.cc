#include "buffer/forms.h"

#include <algorithm>

#include "buffer/bytes.h"

namespace fieldweir {
namespace {

template <class ToNumber>
void write_differences(ByteWriter& writer, std::span<const std::uint64_t> bits, ToNumber number) {
  std::uint64_t last = 0;
  for (const std::uint64_t value : bits) {
    const std::uint64_t n = number(value);
    writer.varint(zigzag(n - last));
    last = n;
  }
}

void write_bits(ByteWriter& writer, std::span<const std::uint64_t> bits) {
  for (std::size_t i = 0; i < bits.size(); i += 8) {
    unsigned packed = 0;
    for (std::size_t j = i; j < std::min(i + 8, bits.size()); ++j)
      packed |= (bits[j] != 0 ? 1u : 0u) << (j - i);
    writer.u8(packed);
  }
}

}  // namespace

void write_values(ByteWriter& writer, std::uint8_t form, std::span<const std::uint64_t> bits) {
  if ((form & form::equal) != 0) {
    bits = bits.first(1);
    form &= static_cast<std::uint8_t>(~form::equal);
  }
  switch (form) {
    case form::nothing:
    case form::all_false:
    case form::all_true:
      return;
    case form::bits:
      return write_bits(writer, bits);
    case form::float64:
      for (const std::uint64_t value : bits) writer.fixed(value, 8);
      return;
    case form::text:
      for (const std::uint64_t value : bits) writer.u8(value);
      return;
    case form::float32:
      return write_differences(writer, bits, [](std::uint64_t value) -> std::uint64_t {
        return std::bit_cast<std::uint32_t>(static_cast<float>(std::bit_cast<double>(value)));
      });
    case form::int64:
    case form::uint64:
      return write_differences(writer, bits, [](std::uint64_t value) { return value; });
    default:
      return write_differences(writer, bits, [form](std::uint64_t value) {
        return static_cast<std::uint64_t>(form::to_decimal(form, std::bit_cast<double>(value)));
      });
  }
}

bool all_held(std::uint8_t form, std::span<const std::uint64_t> bits) {
  return std::all_of(bits.begin(), bits.end(),
                     [form](std::uint64_t value) { return form::holds(form, value); });
}

std::uint8_t float_form(std::span<const std::uint64_t> bits) {
  for (std::uint8_t k = 0; k <= form::most_digits; ++k) {
    if (all_held(form::divided + k, bits)) return form::divided + k;
    if (all_held(form::scaled + k, bits)) return form::scaled + k;
  }
  return all_held(form::float32, bits) ? form::float32 : form::float64;
}

std::uint8_t boolean_form(std::span<const std::uint64_t> bits) {
  const auto set = std::count_if(bits.begin(), bits.end(), [](auto bit) { return bit != 0; });
  if (set == 0) return form::all_false;
  return static_cast<std::size_t>(set) == bits.size() ? form::all_true : form::bits;
}

}  // namespace fieldweir
