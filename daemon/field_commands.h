// field_commands: the commands for somebody in front of a device: from one that is unknown to a
// configuration. They speak to the device themselves, so no gateway may be reading it: serial ports
// refuse a second user. Results go to stdout, questions and progress to stderr; the result is the
// exit status. Main thread; failures that no command expects come out as exceptions, Refused with
// the status to exit with.
#pragma once

#include <string>
#include <vector>

#include "daemon/target.h"

namespace fieldweir {

struct ReadOptions {
  TargetOptions target;
  std::vector<std::string> words;  // TABLE and ADDRESS
  int count = 0;                   // 0: one, or what `as` needs
  std::string as;                  // a type, or "all"; empty: registers as they are
  std::string scale;
  double watch = 0;  // seconds between two reads; 0: reads once
  int seconds = 0;   // 0: watches until Ctrl-C
};
/// Reads some registers, or without TABLE and ADDRESS the signals of a configured device.
int command_read(const ReadOptions& options);

struct ScanOptions {
  TargetOptions target;  // with a unit: its ranges; without: which units answer
  std::string units;     // "1..32"; empty: all that the bus can have
  std::string range = "0..9999";
  std::vector<std::string> tables;  // empty: all
  int requests = 1000;
  int pause = 50;  // milliseconds between two requests
};
int command_scan(const ScanOptions& options);

struct GuessOptions {
  TargetOptions target;
  std::vector<std::string> words;  // TABLE, FROM..TO and VALUE
  double tolerance = 0;            // 0: half of the last digit of VALUE
  std::vector<std::string> then;   // what it shows later
  bool again = false;              // asks what it shows, until one candidate is left
  int most = 10;                   // candidates shown
};
int command_guess(const GuessOptions& options);

struct SimulateOptions {
  std::string config;
  std::vector<std::string> devices;  // empty: all Modbus devices
  std::string listen = "127.0.0.1:5020";
  std::string serial;  // an existing port instead of a pseudo terminal
  int seconds = 0;     // 0: until Ctrl-C
};
int command_simulate(const SimulateOptions& options);

}  // namespace fieldweir
