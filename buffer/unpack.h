// unpack: from a stored batch to one that can be read, and its times set right. Pure.
#pragma once

#include "buffer/log_reader.h"

namespace fieldweir {

/// Everything but `signals`. Error `corrupt`: `out` is of no use.
Result<> unpack(std::span<const std::byte> bytes, Decoder& decoder, BatchHeader& header,
                DecodedBatch& out);

/// Gateway time was `correction` behind when the batch was made (dating.h). Times that the source
/// gave stay.
void correct_times(DecodedBatch& batch, Duration correction);

}  // namespace fieldweir
