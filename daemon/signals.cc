#include "daemon/signals.h"

#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace fieldweir {
namespace {

volatile std::sig_atomic_t last_exit_status = 0;

}  // namespace

Signals::Signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor_ < 0) throw std::system_error(errno, std::system_category(), "signalfd");
}

Signals::~Signals() { close(descriptor_); }

int Signals::take() const {
  signalfd_siginfo info{};
  return read(descriptor_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                              : 0;
}

void cancel_exit() {
  const itimerval none{};
  setitimer(ITIMER_REAL, &none, nullptr);
}

void exit_at_the_latest(Duration after, int status) {
  last_exit_status = status;
  std::signal(SIGALRM, [](int) { _exit(last_exit_status); });
  const itimerval timer{{0, 0},
                        {static_cast<time_t>(after / second),
                         static_cast<suseconds_t>(after % second / microsecond)}};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace fieldweir
