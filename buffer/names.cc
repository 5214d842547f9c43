#include "buffer/names.h"

#include <algorithm>

#include "buffer/bytes.h"

namespace fieldweir {
namespace {

constexpr std::size_t signal_max = 1 + 64 + 1 + 16 + 2;

std::size_t chunk_end(const SignalTable& signals, std::size_t first) {
  return std::min(first + names_chunk, signals.size());
}

}  // namespace

void encode_names(const SignalTable& signals, std::size_t first, std::vector<std::byte>& out) {
  out.resize(1 + names_chunk * signal_max);
  ByteWriter writer(out.data());
  writer.u8(chunk_end(signals, first) - first);
  for (std::size_t id = first; id < chunk_end(signals, first); ++id) {
    const SignalTable::Signal& signal = signals[static_cast<SignalId>(id)];
    writer.u8(signal.name.size());
    writer.text(signal.name);
    if (signal.name.empty()) continue;
    writer.u8(signal.unit.size());
    writer.text(signal.unit);
    writer.u8(static_cast<std::uint8_t>(signal.kind));
    writer.u8(static_cast<std::uint8_t>(signal.lane));
  }
  out.resize(static_cast<std::size_t>(writer.at() - out.data()));
}

std::int64_t names_hash(std::span<const std::byte> chunk) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const std::byte b : chunk) hash = (hash ^ static_cast<std::uint64_t>(b)) * 0x100000001B3u;
  return static_cast<std::int64_t>(hash);
}

bool decode_names(std::span<const std::byte> chunk, std::vector<SignalTable::Signal>& out) {
  ByteReader reader(chunk);
  for (int n = reader.u8(); n > 0 && reader.good(); --n) {
    SignalTable::Signal& signal = out.emplace_back();
    const std::size_t size = reader.u8();
    if (size > SignalName::capacity()) return false;
    signal.name = reader.text(size);
    if (size == 0) continue;
    signal.unit = reader.text(reader.u8());
    signal.kind = static_cast<Kind>(reader.u8());
    signal.lane = static_cast<Lane>(reader.u8());
    if (signal.kind > Kind::text || static_cast<int>(signal.lane) >= lane_count) return false;
  }
  return reader.good() && reader.at_end();
}

std::unique_ptr<SignalTable> table_of(std::span<const SignalTable::Signal> signals) {
  auto table = std::make_unique<SignalTable>(signals.size());
  for (const SignalTable::Signal& signal : signals) {
    const SignalId id = table->reserve(1, signal);
    if (!signal.name.empty()) table->claim(id, signal.name);
  }
  return table;
}

std::size_t names_known(const SignalTable& signals, std::size_t first) {
  std::size_t known = 0;
  for (std::size_t id = first; id < chunk_end(signals, first); ++id)
    known += signals.known(static_cast<SignalId>(id)) ? 1 : 0;
  return known;
}

}  // namespace fieldweir
