#include "buffer/checksum.h"

#include <array>

namespace fieldweir {
namespace {

constexpr std::size_t stride = 8;

// tables[k][b]: what byte b does to the sum when k more bytes of the same step follow it
constexpr auto tables = [] {
  std::array<std::array<std::uint32_t, 256>, stride> made{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t sum = b;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xEDB88320u : 0u);
    made[0][b] = sum;
  }
  for (std::size_t k = 1; k < stride; ++k)
    for (std::size_t b = 0; b < 256; ++b)
      made[k][b] = (made[k - 1][b] >> 8) ^ made[0][made[k - 1][b] & 0xFF];
  return made;
}();

}  // namespace

std::uint32_t checksum(std::span<const std::byte> bytes) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(bytes[i]); };
  std::uint32_t sum = ~0u;
  for (; bytes.size() >= stride; bytes = bytes.subspan(stride)) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < stride; ++i)
      next ^= tables[stride - 1 - i][at(i) ^ (i < 4 ? sum >> (8 * i) & 0xFF : 0)];
    sum = next;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) sum = (sum >> 8) ^ tables[0][(sum ^ at(i)) & 0xFF];
  return ~sum;
}

}  // namespace fieldweir
