#include "buffer/unpack.h"

namespace fieldweir {

Result<> unpack(std::span<const std::byte> bytes, Decoder& decoder, BatchHeader& header,
                DecodedBatch& out) {
  if (auto r = decoder.decode(bytes, header, out.readings, out.thinned, out.texts); !r) return r;
  out.lane = header.lane;
  out.position = header.position;
  out.replaces_from = header.replaces_from;
  out.clock_synchronised = header.clock_synchronised;
  out.interval = header.interval;
  out.gaps.assign(header.gaps.begin(), header.gaps.end());
  return {};
}

void correct_times(DecodedBatch& batch, Duration correction) {
  batch.clock_synchronised = true;
  for (Reading& reading : batch.readings)
    if ((reading.flags & source_time) == 0) reading.time += correction;
  for (Gap& gap : batch.gaps) {
    if (gap.from == 0 && gap.to == 0) continue;  // nobody knew
    gap.from += correction;
    gap.to += correction;
  }
}

}  // namespace fieldweir
