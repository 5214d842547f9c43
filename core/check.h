// FIELDWEIR_CHECK: a bug in this program ends it, in every build. Never for bad input, bad
// networks or bad disks: those are Results.
#pragma once

namespace fieldweir {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace fieldweir

#define FIELDWEIR_CHECK(condition) \
  ((condition) ? void(0) : ::fieldweir::check_failed(#condition, __FILE__, __LINE__))
