// preload: what the real daemon is made to believe of the world, by LD_PRELOAD, in tests.
//
//   FIELDWEIR_TEST_NAMES=FILE   names that end in ".test" are 127.0.0.1 while FILE exists; else no
//                               server answers for them
//   FIELDWEIR_TEST_CLOCK=FILE   its one line says "SECONDS SYNCHRONISED": by how much the system's
//                               clock is ahead of the machine's, and (0 or 1) whether it was set
//                               by a time source; may be replaced at any time by rename
//
// The boot clock, by which the gateway measures, is left alone, as by everybody who sets a clock.
#include <dlfcn.h>
#include <netdb.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

template <class Function>
Function* real(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

struct Belief {
  long long ahead = 0;
  int synchronised = 1;
};

Belief believed() {
  Belief belief;
  const char* const path = std::getenv("FIELDWEIR_TEST_CLOCK");
  std::FILE* const file = path != nullptr ? std::fopen(path, "re") : nullptr;
  if (file == nullptr) return belief;
  if (std::fscanf(file, "%lld %d", &belief.ahead, &belief.synchronised) != 2) belief = {};
  std::fclose(file);
  return belief;
}

}  // namespace

extern "C" {

int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  static const auto original = real(&getaddrinfo, "getaddrinfo");
  const char* const path = std::getenv("FIELDWEIR_TEST_NAMES");
  const bool ours = path != nullptr && host != nullptr && std::string_view(host).ends_with(".test");
  if (!ours) return original(host, service, hints, found);
  if (access(path, F_OK) != 0) return EAI_AGAIN;
  return original("127.0.0.1", service, hints, found);
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const auto original = real(&clock_gettime, "clock_gettime");
  const int failed = original(clock, now);
  if (failed == 0 && clock == CLOCK_REALTIME) now->tv_sec += believed().ahead;
  return failed;
}

time_t time(time_t* to) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (to != nullptr) *to = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(timeval* now, void*) noexcept {
  timespec read{};
  clock_gettime(CLOCK_REALTIME, &read);
  *now = {read.tv_sec, read.tv_nsec / 1000};
  return 0;
}

int adjtimex(timex* query) noexcept {
  static const auto original = real(&adjtimex, "adjtimex");
  if (std::getenv("FIELDWEIR_TEST_CLOCK") == nullptr) return original(query);
  return believed().synchronised != 0 ? TIME_OK : TIME_ERROR;
}

}  // extern "C"
