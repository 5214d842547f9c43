#include "core/result.h"

#include <cstdio>

namespace fieldweir {

Error error(Reason reason, const char* format, ...) {
  char buffer[FixedText<160>::capacity() + 1];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return {reason, std::string_view(buffer)};
}

}  // namespace fieldweir
