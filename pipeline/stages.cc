#include <array>

#include "pipeline/stage.h"

namespace fieldweir {

StageKind deadband_kind();
StageKind median_kind();
StageKind range_kind();
StageKind rate_limit_kind();

std::span<const StageKind> stage_kinds() {
  static const std::array kinds = {range_kind(), median_kind(), deadband_kind(), rate_limit_kind()};
  return kinds;
}

}  // namespace fieldweir
