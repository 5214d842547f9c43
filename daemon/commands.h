// commands: what `fieldweir` can be told to do, one function each; the result is the exit status.
// Main thread. Failures that no command expects come out as exceptions.
#pragma once

#include <string>
#include <vector>

namespace fieldweir {

enum ExitStatus : int {
  exit_ok = 0,
  exit_failure = 1,
  exit_usage = 2,
  exit_unstored = 3,  // the gateway stopped, but the journal has not everything that was accepted
  exit_configuration = 78,  // EX_CONFIG of sysexits.h: the service manager does not start again
};

/// Runs the gateway until SIGTERM or SIGINT. `socket` empty: the default place.
int command_run(const std::string& config, const std::string& socket);

/// Says what is wrong with a configuration, or in one line that nothing is.
int command_check(const std::string& config, bool explain);

/// Asks a running gateway.
int command_status(const std::string& socket, bool json);

/// Has a running gateway write `value` to `signal`, and says what came of it; exit_ok only if it
/// was written. `valid_for`: "10s". `id` empty: a new one.
int command_write(const std::string& socket, const std::string& signal, const std::string& value,
                  const std::string& valid_for, std::string id);

/// A simulated device through the whole path in a temporary folder, values on the terminal.
/// `seconds` 0: until Ctrl-C.
int command_demo(int seconds);

/// Gives up what an uplink was owed that `config` does not run any more. While no gateway runs.
int command_journal_forget(const std::string& uplink, const std::string& config);

/// What a configuration may hold: a JSON Schema, the manual page fieldweir.yaml(5), or
/// docs/configuration.md.
enum class Grammar { schema, manual, reference };
int command_schema(Grammar form);

/// What a journal holds. These three change nothing and may be used beside a running gateway.
int command_journal_stats(const std::string& config);

/// Its batches as lines of the json format, on standard output. Times: "2026-01-05",
/// "2026-01-05T12:00:00Z" or milliseconds since 1970.
struct ExportOptions {
  std::string config;
  std::string lane;  // empty: all
  std::string from;  // empty: from the beginning
  std::string to;
  bool dead_letters = false;  // those instead
};
int command_journal_export(const ExportOptions& options);

/// Reads every batch; exit_ok only if nothing is wrong.
int command_journal_verify(const std::string& config);

/// Checks what a receiver recorded: messages of the json format, a line each, in `files` or on
/// standard input. exit_ok only if everything is explained.
int command_account(const std::vector<std::string>& files);

int command_version();

}  // namespace fieldweir
