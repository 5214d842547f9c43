// The commands that look into a journal or mend it by hand.
#include <algorithm>
#include <iostream>

#include "buffer/absent.h"
#include "daemon/commands.h"
#include "daemon/settings.h"

namespace fieldweir {
namespace {

int fail(const std::string& why) {
  std::cerr << "fieldweir: " << why << "\n";
  return exit_failure;
}

bool is_run(const Settings& settings, const std::string& uplink) {
  return std::any_of(settings.uplinks.begin(), settings.uplinks.end(), [&](const auto& u) {
    return u.settings->name == uplink && u.settings->enabled;
  });
}

}  // namespace

int command_journal_forget(const std::string& uplink, const std::string& config) {
  config::Mistakes mistakes;
  const Settings settings = load_settings(config, mistakes);
  if (!mistakes.empty()) {
    std::cerr << mistakes.text();
    return exit_configuration;
  }
  if (is_run(settings, uplink))
    return fail("uplink '" + uplink + "' is configured: remove or disable it in " + config +
                " first, or it would begin anew");
  const auto owed = forget_uplink({settings.buffer.path, settings.buffer.max_size}, uplink);
  if (!owed && owed.error().reason == Reason::locked)
    return fail("the gateway runs: stop it first (" + std::string(owed.error().text.view()) + ")");
  if (!owed) return fail(std::string(owed.error().text.view()));
  std::cout << "uplink '" << uplink << "' is forgotten; " << owed.value()
            << " readings that it was owed are given up\n";
  return exit_ok;
}

}  // namespace fieldweir
