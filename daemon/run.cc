#include <malloc.h>
#include <poll.h>

#include <array>
#include <csignal>
#include <iostream>
#include <utility>

#include "core/log.h"
#include "daemon/commands.h"
#include "daemon/gateway.h"
#include "daemon/notify.h"
#include "daemon/plan.h"
#include "daemon/signals.h"
#include "daemon/status.h"
#include "daemon/status_socket.h"

namespace fieldweir {
namespace {

constexpr Duration longest_look = second;  // between two looks at the workers
constexpr Duration status_every = 10 * second;
// systemd gives us 10 s, users are promised 5: the journal closes well before, then we go
constexpr Duration stop_patience = 3500 * millisecond;
constexpr Duration last_exit = 4500 * millisecond;

/// Settings that may be run, or nothing, and then `why` says it.
std::unique_ptr<Settings> settings_to_run(const std::string& path, std::string& why) {
  config::Mistakes mistakes;
  auto settings = std::make_unique<Settings>(load_settings(path, mistakes));
  if (!mistakes.empty()) {
    why = mistakes.text();
    return nullptr;
  }
  why = memory_refusal(*settings);
  return why.empty() ? std::move(settings) : nullptr;
}

/// Serves status and feeds the watchdog until told to stop (then nullptr) or to run new settings.
std::unique_ptr<Settings> serve(Gateway& gateway, const Signals& signals, StatusSocket& status,
                                const std::string& config) {
  const Clock& clock = gateway.clock();
  const Duration watchdog = watchdog_interval();
  Time next_status = 0;
  bool wedged = false;
  while (true) {
    std::array<pollfd, StatusSocket::most_clients + 2> wake{{{signals.descriptor(), POLLIN, 0}}};
    const nfds_t wakers = 1 + status.wait_for(std::span(wake).subspan(1));
    poll(wake.data(), wakers,
         std::min(static_cast<int>(std::min(longest_look, watchdog) / millisecond),
                  status.longest_wait()));
    status.serve([&] { return status_json(gateway); }, gateway.command_port(), clock);
    if (const Worker* worker = gateway.wedged(); worker == nullptr) {
      notify("WATCHDOG=1");
      wedged = false;
    } else if (!std::exchange(wedged, true)) {
      log(LogLevel::error, worker->name(), "does not come back; the watchdog is left to starve");
    }
    if (clock.now() >= next_status) {
      notify("STATUS=" + status_line(gateway));
      next_status = clock.now() + status_every;
    }
    const int signal = signals.take();
    if (signal == SIGTERM || signal == SIGINT) return nullptr;
    if (signal != SIGHUP) continue;
    std::string why;
    try {
      if (auto settings = settings_to_run(config, why)) return settings;
    } catch (const std::bad_alloc&) {
      why = "out of memory";
    }
    log(LogLevel::error, "reload", "not done, the present configuration stays:\n%s", why.c_str());
  }
}

/// Runs one gateway until it is to stop (then nullptr) or to make room for new settings; whether
/// all that it had is `stored` then.
std::unique_ptr<Settings> run_gateway(const Settings& settings, const Clock& clock,
                                      const Signals& signals, StatusSocket& status,
                                      const std::string& config, bool& stored) {
  Gateway gateway(settings, clock, Random(random_seed()));
  malloc_trim(0);  // gives back what reading the configuration took
  gateway.start();
  notify("READY=1");
  log(LogLevel::info, "gateway", "%s runs: %s", settings.gateway.id.c_str(),
      status_line(gateway).c_str());

  auto next = serve(gateway, signals, status, config);
  notify(next == nullptr ? "STOPPING=1" : "RELOADING=1");
  const Time deadline = clock.now() + last_exit;
  exit_at_the_latest(last_exit, next == nullptr ? exit_unstored : exit_failure);
  const Result<> stopped = gateway.stop(stop_patience);
  stored = stopped.ok() || gateway.log().status().at_risk == 0;
  if (stored && next == nullptr) exit_at_the_latest(deadline - clock.now(), exit_ok);
  status.dismiss(gateway.command_port());
  if (!stopped)
    log(LogLevel::error, "gateway", "not everything was stored: %s",
        std::string(stopped.error().text.view()).c_str());
  log(LogLevel::info, "gateway", "%s", ledger_line(gateway).c_str());
  return next;
}

}  // namespace

int command_run(const std::string& config, const std::string& socket) {
  const Signals signals;
  std::string why;
  auto settings = settings_to_run(config, why);
  if (settings == nullptr) {
    std::cerr << why;
    return exit_configuration;
  }
  StatusSocket status(socket.empty() ? default_status_path() : socket);
  const SystemClock clock;
  std::unique_ptr<Settings> previous;  // which did run
  bool stored = true;
  while (settings != nullptr) {
    set_log_level(settings->log.level);
    try {
      auto next = run_gateway(*settings, clock, signals, status, config, stored);
      previous = std::move(settings);
      settings = std::move(next);
    } catch (const std::exception& problem) {
      if (previous == nullptr) throw;
      log(LogLevel::error, "reload", "%s; the configuration before it runs again", problem.what());
      settings = std::move(previous);
    }
    if (settings != nullptr) cancel_exit();  // the old gateway is gone
  }
  return stored ? exit_ok : exit_unstored;
}

}  // namespace fieldweir
