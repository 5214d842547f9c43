// The whole malloc family of this program, so that allocations inside shared libraries are seen too
// (--wrap would miss them). glibc keeps the real ones under __libc_ names.
#include "tests/allocation/counting_malloc.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {

thread_local bool counting = false;
thread_local std::size_t allocations = 0;
thread_local std::size_t failing = SIZE_MAX;

/// Whether this allocation may succeed.
bool count() { return !counting || allocations++ != failing; }

}  // namespace

namespace fieldweir {

void start_counting() {
  allocations = 0;
  counting = true;
}

std::size_t stop_counting() {
  counting = false;
  return allocations;
}

void fail_after(std::size_t n) { failing = n; }

}  // namespace fieldweir

extern "C" {

void* malloc(std::size_t size) {
  if (!count()) return nullptr;
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
  if (!count()) return nullptr;
  return __libc_calloc(n, size);
}
void* realloc(void* old, std::size_t size) {
  if (!count()) return nullptr;
  return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  if (!count()) return nullptr;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  if (!count()) return nullptr;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  if (!count()) return ENOMEM;
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
void free(void* memory) { __libc_free(memory); }
}
