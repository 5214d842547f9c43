// checksum: CRC-32 (IEEE 802.3, reflected polynomial EDB88320) of stored bytes, eight bytes a step
// (Kounavis and Berry, "A Systematic Approach to Building High Performance, Software-based, CRC
// Generators", ISCC 2005). Pure.
#pragma once

#include <cstdint>
#include <span>

namespace fieldweir {

std::uint32_t checksum(std::span<const std::byte> bytes);

}  // namespace fieldweir
