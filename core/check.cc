#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace fieldweir {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "fieldweir: bug: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace fieldweir
