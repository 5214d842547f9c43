// fieldweir: the command line. The only file that knows CLI11.
#include <CLI/CLI.hpp>
#include <iostream>

#include "daemon/commands.h"
#include "daemon/field_commands.h"

namespace {

using namespace fieldweir;

/// How a command is told which device it is for. `what` completes its words after the address.
void add_target(CLI::App* command, TargetOptions& target, std::vector<std::string>& words,
                const std::string& what) {
  command->add_option("words", words,
                      "ADDRESS " + what +
                          "; ADDRESS is 192.0.2.10, 192.0.2.10:502 or /dev/ttyUSB0 and is left "
                          "out with --device");
  command->add_option("--unit", target.unit, "unit id")->check(CLI::Range(0, 255));
  command->add_option("--baud", target.baud, "of a serial port")->check(CLI::PositiveNumber);
  command->add_option("--format", target.format, "of a serial port, like 8E1");
  command->add_option("--framing", target.framing, "over TCP: tcp, or rtu for a device server")
      ->check(CLI::IsMember({"tcp", "rtu"}));
  command->add_option("--timeout", target.timeout, "for an answer, like 500ms");
  CLI::Option* device =
      command->add_option("--device", target.device, "a device of a configuration file");
  command->add_option("--config", target.config, "that file")
      ->needs(device)
      ->default_val("/etc/fieldweir/fieldweir.yaml");
}

void add_addressing(CLI::App* command, TargetOptions& target) {
  command
      ->add_option("--addressing", target.addressing,
                   "of the addresses given: zero_based (default), one_based, modicon (40001)")
      ->check(CLI::IsMember({"zero_based", "one_based", "modicon"}));
}

void add_order(CLI::App* command, const std::string& name, std::string& order) {
  command->add_option(name, order, "big (default) or little")
      ->check(CLI::IsMember({"big", "little"}));
}

void add_read(CLI::App* command, ReadOptions& options) {
  add_target(command, options.target, options.words, "TABLE REGISTER");
  add_addressing(command, options.target);
  add_order(command, "--word-order", options.target.word_order);
  add_order(command, "--byte-order", options.target.byte_order);
  command->add_option("--count", options.count, "registers, or values with --as")
      ->check(CLI::Range(1, 2000));
  command->add_option("--as", options.as, "a type like float32, or all");
  command->add_option("--scale", options.scale, "value = raw x scale")->check(CLI::Number);
  command
      ->add_option("--watch", options.watch, "read again every so many seconds (1), mark changes")
      ->expected(0, 1)
      ->default_str("1")
      ->check(CLI::Range(0.05, 3600.0));
  command->add_option("--seconds", options.seconds, "with --watch: end by itself")
      ->check(CLI::Range(1, 86400));
}

void add_guess(CLI::App* command, GuessOptions& options) {
  add_target(command, options.target, options.words, "TABLE FROM..TO VALUE");
  add_addressing(command, options.target);
  command->add_option("--tolerance", options.tolerance, "default: half of the last digit of VALUE")
      ->check(CLI::PositiveNumber);
  command->add_option("--then", options.then, "VALUE later: reads again after Enter");
  command->add_flag("--again", options.again, "ask for VALUE again until one candidate is left");
  command->add_option("--most", options.most, "candidates shown")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

void add_scan(CLI::App* command, ScanOptions& options, std::vector<std::string>& words) {
  add_target(command, options.target, words, "(with --unit: what can be read of it)");
  command->add_option("--units", options.units, "unit ids to try, like 1..32 (default: all)");
  command->add_option("--table", options.tables, "only this table; may be repeated")
      ->check(CLI::IsMember({"coil", "discrete", "input", "holding"}));
  command->add_option("--range", options.range, "zero-based addresses")->capture_default_str();
  command->add_option("--requests", options.requests, "at most so many")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command->add_option("--pause", options.pause, "milliseconds between two requests")
      ->check(CLI::Range(0, 60000))
      ->capture_default_str();
}

void add_simulate(CLI::App* command, SimulateOptions& options) {
  command->add_option("file", options.config, "configuration file")->required();
  command->add_option("--device", options.devices, "only this device; may be repeated");
  command->add_option("--listen", options.listen, "of the first TCP endpoint; others follow it")
      ->capture_default_str();
  command->add_option("--serial", options.serial,
                      "serve serial devices on this port (default: a new pseudo terminal)");
  command->add_option("--seconds", options.seconds, "end by itself (default: at Ctrl-C)")
      ->check(CLI::Range(1, 86400));
}

/// Takes the address from the front of the words, unless the device is of a file; what is left must
/// be as many as the command needs.
void take_address(TargetOptions& target, std::vector<std::string>& words,
                  std::initializer_list<std::size_t> needed, const std::string& usage) {
  if (target.device.empty() && !words.empty()) {
    target.address = words.front();
    words.erase(words.begin());
  }
  const bool enough = std::find(needed.begin(), needed.end(), words.size()) != needed.end();
  if (!enough || (target.device.empty() && target.address.empty()))
    throw Refused(exit_usage, "usage: fieldweir " + usage + " (see --help)");
}

}  // namespace

int main(int argc, char** argv) {
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
  CLI::App* stats = journal->add_subcommand("stats", "what is in it, and who is owed it");
  CLI::App* verify = journal->add_subcommand("verify", "read every batch, compare all counts");
  CLI::App* exporting =
      journal->add_subcommand("export", "its batches as lines of the json format");
  ExportOptions exported;
  exporting->add_option("--lane", exported.lane, "only this one")
      ->check(CLI::IsMember({"events", "telemetry"}));
  exporting->add_option("--from", exported.from, "a time like 2026-01-05T12:00:00Z");
  exporting->add_option("--to", exported.to, "a time");
  exporting->add_flag("--dead-letters", exported.dead_letters, "those that were refused for ever");
  for (CLI::App* each : {forget, stats, verify, exporting})
    each->add_option("--config", config, "configuration file")->capture_default_str();

  std::vector<std::string> records;
  CLI::App* account =
      app.add_subcommand("account", "check what a receiver recorded: gaps, duplicates, order");
  account->add_option("file", records, "messages of the json format, a line each (default: stdin)");

  ReadOptions reading;
  CLI::App* read = app.add_subcommand("read", "read registers of a Modbus device");
  add_read(read, reading);
  ScanOptions scanning;
  std::vector<std::string> scan_words;
  CLI::App* scan = app.add_subcommand("scan", "find Modbus devices, and what one lets be read");
  add_scan(scan, scanning, scan_words);
  GuessOptions guessing;
  CLI::App* guess = app.add_subcommand("guess", "find a known value in a Modbus device");
  add_guess(guess, guessing);
  SimulateOptions simulation;
  CLI::App* simulate = app.add_subcommand("simulate", "serve a configuration's Modbus devices");
  add_simulate(simulate, simulation);

  Grammar form = Grammar::schema;
  CLI::App* schema = app.add_subcommand("schema", "JSON Schema of configurations, for editors");
  CLI::Option* manual = schema->add_flag_callback(
      "--manual", [&] { form = Grammar::manual; }, "instead: the manual page fieldweir.yaml(5)");
  schema
      ->add_flag_callback(
          "--reference", [&] { form = Grammar::reference; }, "instead: docs/configuration.md")
      ->excludes(manual);

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
    if (*stats) return command_journal_stats(config);
    if (*verify) return command_journal_verify(config);
    if (*exporting) {
      exported.config = config;
      return command_journal_export(exported);
    }
    if (*account) return command_account(records);
    if (*read) {
      take_address(reading.target, reading.words, {0, 2}, "read ADDRESS TABLE REGISTER");
      return command_read(reading);
    }
    if (*scan) {
      take_address(scanning.target, scan_words, {0}, "scan ADDRESS [--unit N]");
      return command_scan(scanning);
    }
    if (*guess) {
      take_address(guessing.target, guessing.words, {3}, "guess ADDRESS TABLE FROM..TO VALUE");
      return command_guess(guessing);
    }
    if (*simulate) return command_simulate(simulation);
    if (*schema) return command_schema(form);
    if (*version) return command_version();
  } catch (const Refused& refused) {
    std::cerr << "fieldweir: " << refused.what() << "\n";
    return refused.status;
  } catch (const std::bad_alloc&) {
    std::cerr << "fieldweir: out of memory\n";
    return exit_failure;
  } catch (const std::exception& problem) {
    std::cerr << "fieldweir: " << problem.what() << "\n";
    return exit_failure;
  }
  std::cerr << app.help();
  return exit_usage;
}
