#include "buffer/batch_header.h"

#include "buffer/checksum.h"

namespace fieldweir {
namespace {

enum HeaderFlag : std::uint8_t { synchronised = 1, replaces = 2, is_thinned_batch = 4 };

constexpr std::uint8_t named = 0x80;  // beside a gap's reason: its signals follow

void write_position(ByteWriter& writer, const Position& position) {
  writer.fixed(position.stream, 4);
  writer.varint(position.epoch);
  writer.varint(position.seq);
}

Position read_position(ByteReader& reader) {
  Position position;
  position.stream = static_cast<std::uint32_t>(reader.fixed(4));
  position.epoch = static_cast<std::uint32_t>(reader.varint_to(UINT32_MAX));
  position.seq = reader.varint();
  return position;
}

}  // namespace

ByteWriter write_header(const BatchHeader& header, std::span<std::byte> out) {
  ByteWriter writer(out.data() + checked_from);
  const bool stands_for_others = header.replaces_from != header.position;
  writer.u8((header.clock_synchronised ? synchronised : 0) | (stands_for_others ? replaces : 0) |
            (header.interval > 0 ? is_thinned_batch : 0));
  writer.u8(static_cast<std::uint8_t>(header.lane));
  write_position(writer, header.position);
  if (stands_for_others) write_position(writer, header.replaces_from);
  writer.varint(header.rows);
  if (header.interval > 0) {
    writer.varint(static_cast<std::uint64_t>(header.interval));
    writer.varint(header.readings);
  }
  const auto from = static_cast<std::uint64_t>(header.from);
  writer.varint(zigzag(from));
  writer.varint(static_cast<std::uint64_t>(header.to) - from);
  writer.varint(header.gaps.size());
  for (const Gap& gap : header.gaps) {
    writer.u8(static_cast<std::uint8_t>(gap.reason) | (gap.signals.known() ? named : 0));
    writer.varint(zigzag(static_cast<std::uint64_t>(gap.from) - from));
    writer.varint(static_cast<std::uint64_t>(gap.to) - static_cast<std::uint64_t>(gap.from));
    writer.varint(gap.readings + 1);  // unknown becomes 0
    if (!gap.signals.known()) continue;
    writer.u8(gap.signals.view().size());
    writer.text(gap.signals.view());
  }
  return writer;
}

std::size_t seal(const ByteWriter& writer, std::span<std::byte> out) {
  const auto size = static_cast<std::size_t>(writer.at() - out.data());
  ByteWriter front(out.data());
  front.u8(codec_version);
  front.fixed(checksum(out.subspan(checked_from, size - checked_from)), 4);
  return size;
}

Result<> verify(std::span<const std::byte> bytes) {
  if (bytes.size() <= checked_from)
    return error(Reason::corrupt, "batch of %zu bytes", bytes.size());
  ByteReader front(bytes);
  const int version = front.u8();
  if (version != codec_version)
    return error(Reason::corrupt, "batch of unknown version %d", version);
  if (front.fixed(4) != checksum(bytes.subspan(checked_from)))
    return error(Reason::corrupt, "batch fails its checksum");
  return {};
}

bool read_header(ByteReader& reader, BatchHeader& header) {
  const std::uint8_t flags = reader.u8();
  const std::uint8_t lane = reader.u8();
  if (flags > (synchronised | replaces | is_thinned_batch) || lane >= lane_count)
    return reader.fail();
  header.clock_synchronised = (flags & synchronised) != 0;
  header.lane = static_cast<Lane>(lane);
  header.position = read_position(reader);
  header.replaces_from = (flags & replaces) != 0 ? read_position(reader) : header.position;
  header.rows = static_cast<std::uint32_t>(reader.varint_to(most_rows));
  const bool thin = (flags & is_thinned_batch) != 0;
  header.interval = thin ? static_cast<Duration>(reader.varint_to(day)) : 0;
  header.readings = thin ? reader.varint() : header.rows;
  if (thin && header.interval == 0) return reader.fail();
  const std::uint64_t from = unzigzag(reader.varint());
  header.from = static_cast<Time>(from);
  header.to = static_cast<Time>(from + reader.varint());
  header.gaps.clear();
  for (std::size_t n = reader.varint_to(GapList::most); n > 0; --n) {
    const std::uint8_t coded = reader.u8();
    const int reason = coded & ~named;
    if (reason >= reason_count) return reader.fail();
    const std::uint64_t start = from + unzigzag(reader.varint());
    const std::uint64_t end = start + reader.varint();
    const std::uint64_t readings = reader.varint() - 1;
    Gap gap{static_cast<Time>(start), static_cast<Time>(end), readings,
            static_cast<Reason>(reason)};
    if ((coded & named) != 0) {
      const std::size_t size = reader.u8();
      if (size == 0 || size > GapSignals::capacity) return reader.fail();
      gap.signals = GapSignals::of(reader.text(size));
    }
    header.gaps.add(gap);
  }
  return reader.good();
}

std::size_t encode_gaps(const BatchHeader& header, std::span<std::byte> out) {
  BatchHeader empty = header;
  empty.rows = 0;
  empty.interval = 0;
  empty.from = empty.to = 0;
  return seal(write_header(empty, out), out);
}

Result<> decode_header(std::span<const std::byte> bytes, BatchHeader& header) {
  if (const Result<> verified = verify(bytes); !verified) return verified;
  ByteReader reader(bytes.subspan(checked_from));
  if (!read_header(reader, header)) return error(Reason::corrupt, "batch with a broken header");
  return {};
}

}  // namespace fieldweir
