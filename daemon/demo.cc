#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>

#include "core/log.h"
#include "daemon/commands.h"
#include "daemon/gateway.h"
#include "daemon/signals.h"
#include "daemon/status.h"

namespace fieldweir {
namespace {

// Port 9 of the loopback is the discard service's, which nobody runs: the journal keeps what a
// cloud would get, and the ledger says so.
constexpr const char* configuration = R"(version: 1
gateway: {id: demo}
profiles:
  calm:
    - median: 3
    - deadband: {abs: 0.2, heartbeat: 5s}
devices:
  - name: demo
    simulate: {interval: 250ms, seed: 7}
    signals:
      - {name: supply_temp, wave: sine, mean: 60, amplitude: 5, period: 30s, noise: 0.3, unit: "°C", profile: calm}
      - {name: return_temp, wave: sine, mean: 45, amplitude: 3, period: 30s, noise: 0.2, unit: "°C"}
      - {name: pump, wave: square, period: 10s, type: bool}
windows:
  - {name: supply_5s, of: demo.supply_temp, tumbling: 5s, emit: [mean, min, max, count], grace: 500ms}
uplinks:
  - name: nowhere
    https: {url: "http://127.0.0.1:9/"}
buffer: {path: "${env:FIELDWEIR_DEMO}/journal.db"}
log: {level: error}
)";

/// A fresh folder, gone at the end.
class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "fieldweir-demo-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void show(const Gateway& gateway, bool in_place) {
  if (in_place) std::cout << "\x1b[H\x1b[2J";
  std::cout << status_text(status_json(gateway))
            << "\nThere is no cloud here: the journal keeps what it would get. Ctrl-C ends.\n"
            << std::flush;
}

}  // namespace

int command_demo(int seconds) {
  const Signals signals;
  const Folder folder;
  setenv("FIELDWEIR_DEMO", folder.path().c_str(), 1);
  config::Mistakes mistakes;
  const Settings settings = load_settings_text("demo", configuration, mistakes);
  if (!mistakes.empty()) throw std::logic_error(mistakes.text());
  set_log_level(settings.log.level);

  const SystemClock clock;
  Gateway gateway(settings, clock, Random(random_seed()));
  gateway.start();
  const Time end = seconds > 0 ? clock.now() + seconds * second : never;
  const bool in_place = isatty(STDOUT_FILENO) != 0;
  pollfd wake{signals.descriptor(), POLLIN, 0};
  while (clock.now() < end && poll(&wake, 1, 1000) == 0) show(gateway, in_place);

  exit_at_the_latest(4 * second, exit_failure);
  const Result<> stopped = gateway.stop(3 * second);
  std::cout << ledger_line(gateway) << "\n";
  return stopped ? exit_ok : exit_failure;
}

}  // namespace fieldweir
