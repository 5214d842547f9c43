// names: what signal ids meant in the run that wrote a batch. The SignalTable in chunks of 64
// signals, each stored once under the hash of its content; a run's row lists its chunks. So 100
// names cost nothing per batch, a new start with the same configuration nothing at all, and a
// claimed name one chunk. The table only grows, so the newest list is right for all batches of its
// run. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/signal_table.h"

namespace fieldweir {

inline constexpr std::size_t names_chunk = 64;

/// The chunk that starts at signal `first`, as stored, in `out`.
void encode_names(const SignalTable& signals, std::size_t first, std::vector<std::byte>& out);

/// FNV-1a, 64 bits (Fowler, Noll, Vo): the key of a chunk.
std::int64_t names_hash(std::span<const std::byte> chunk);

/// The signals that `chunk` names, appended; false if it is broken.
bool decode_names(std::span<const std::byte> chunk, std::vector<SignalTable::Signal>& out);

/// A table with these signals under the ids 0, 1, ...; unnamed ones stay unclaimed.
std::unique_ptr<SignalTable> table_of(std::span<const SignalTable::Signal> signals);

/// Signals that have their name in the chunk at `first`: whether it must be stored again.
std::size_t names_known(const SignalTable& signals, std::size_t first);

}  // namespace fieldweir
