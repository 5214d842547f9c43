// batch_header: the front of an encoded batch, shared by encoder and decoder (codec.h).
#pragma once

#include "buffer/bytes.h"
#include "buffer/codec.h"

namespace fieldweir {

inline constexpr std::uint8_t codec_version = 1;
inline constexpr std::size_t checked_from = 5;  // after version and checksum

/// Starts a batch: leaves room for the checksum, which seal() fills in.
ByteWriter write_header(const BatchHeader& header, std::span<std::byte> out);
/// Ends it; how many bytes it has.
std::size_t seal(const ByteWriter& writer, std::span<std::byte> out);

/// Version and checksum of a whole batch.
Result<> verify(std::span<const std::byte> bytes);
/// Reads what write_header wrote; `reader` starts at `checked_from`.
bool read_header(ByteReader& reader, BatchHeader& header);

}  // namespace fieldweir
