// checksum: CRC-32 (the one of zlib and Ethernet) of stored bytes. zlib stays behind checksum.cc.
#pragma once

#include <cstdint>
#include <span>

namespace fieldweir {

std::uint32_t checksum(std::span<const std::byte> bytes);

}  // namespace fieldweir
