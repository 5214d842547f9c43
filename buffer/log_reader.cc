#include "buffer/log_reader.h"

namespace fieldweir {

DecodedBatch::DecodedBatch(std::size_t rows) {
  readings.reserve(rows);
  thinned.reserve(most_thinned(rows));
  gaps.reserve(GapList::most);
  texts.reserve(most_texts);
}

}  // namespace fieldweir
