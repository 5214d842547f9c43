#include "buffer/log_reader.h"

namespace fieldweir {

DecodedBatch::DecodedBatch(std::size_t rows, std::size_t most_gaps) {
  readings.reserve(rows);
  gaps.reserve(most_gaps);
  texts.reserve(most_texts);
}

}  // namespace fieldweir
