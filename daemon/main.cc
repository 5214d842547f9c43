// fieldweir: the command line. The only file that knows CLI11.
#include <CLI/CLI.hpp>
#include <iostream>

#include "daemon/commands.h"

int main(int argc, char** argv) {
  using namespace fieldweir;
  CLI::App app("Fieldweir: field devices in, accounted delivery out", "fieldweir");
  app.require_subcommand(
      0, 1);  // none is looked for below: CLI11 would not say which it does not know

  std::string config = "/etc/fieldweir/fieldweir.yaml";
  std::string socket;
  bool explain = false;
  bool json = false;
  int seconds = 0;

  CLI::App* run = app.add_subcommand("run", "run the gateway");
  run->add_option("--config", config, "configuration file")->capture_default_str();
  run->add_option("--socket", socket, "status socket (default: in the runtime directory)");

  CLI::App* check = app.add_subcommand("check", "say what is wrong with a configuration");
  check->add_option("file", config, "configuration file")->required();
  check->add_flag("--explain", explain, "also say what would happen: buses, loss window, memory");

  CLI::App* status = app.add_subcommand("status", "where every reading went");
  status->add_flag("--json", json, "for programs");
  status->add_option("--socket", socket, "status socket (default: in the runtime directory)");

  std::string signal;
  std::string value;
  std::string valid_for = "10s";
  std::string id;
  CLI::App* write = app.add_subcommand("write", "write a value to a signal of a running gateway");
  write->add_option("signal", signal, "like boiler.setpoint")->required();
  write->add_option("value", value, "a number, true, false, or a text of the signal")->required();
  write->add_option("--expires", valid_for, "not to be written later than so")
      ->capture_default_str();
  write->add_option("--id", id, "a command is written once, however often it comes");
  write->add_option("--socket", socket, "status socket (default: in the runtime directory)");

  CLI::App* demo = app.add_subcommand("demo", "a simulated device on this terminal");
  demo->add_option("--seconds", seconds, "end by itself (default: at Ctrl-C)")
      ->check(CLI::Range(1, 86400));

  CLI::App* journal = app.add_subcommand("journal", "look into a journal");
  journal->require_subcommand(1);
  std::string uplink;
  CLI::App* forget =
      journal->add_subcommand("forget", "give up what an uplink was owed that is not run any more");
  forget->add_option("uplink", uplink, "its name")->required();
  forget->add_option("--config", config, "configuration file")->capture_default_str();

  CLI::App* version = app.add_subcommand("version", "print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? exit_ok : exit_usage;
  }

  try {
    if (*run) return command_run(config, socket);
    if (*check) return command_check(config, explain);
    if (*status) return command_status(socket, json);
    if (*write) return command_write(socket, signal, value, valid_for, id);
    if (*demo) return command_demo(seconds);
    if (*forget) return command_journal_forget(uplink, config);
    if (*version) return command_version();
  } catch (const std::exception& problem) {
    std::cerr << "fieldweir: " << problem.what() << "\n";
    return exit_failure;
  }
  std::cerr << app.help();
  return exit_usage;
}
