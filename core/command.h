// Command: a wish to write a value to a signal, from whoever wishes it to the bus that can do it.
//
//   asker  ── Attempt ──►  commands worker  ── Command ──►  bus worker
//          ◄── Answer ──                    ◄── Outcome ──
//
// Value types. Each arrow is a ring with one producer and one consumer, each ring's far end is
// woken by its doorbell, and a ring that is full means "busy": nothing waits, nothing is queued
// elsewhere. The gateway object owns the rings.
#pragma once

#include <optional>

#include "core/fixed_text.h"
#include "core/reading.h"
#include "core/result.h"
#include "core/ring.h"
#include "core/signal_table.h"
#include "core/time.h"
#include "core/worker.h"

namespace fieldweir {

/// What a signal's `write:` section allows. A signal without one is never written.
struct WriteLimits {
  double min = 0;  // least and greatest value, in the signal's unit
  double max = 0;
  std::optional<double> step;  // values are min + n x step
  Duration every = 0;          // the shortest time between two writes
};

// --- between an asker (command line, local MQTT) and the commands worker ---

/// What came in, byte by byte: nothing of it is checked, so that what cannot be read is audited
/// like everything else.
struct Attempt {
  enum class Fault : std::uint8_t { none, retained, too_large };

  std::uint64_t ticket = 0;  // the asker's own; comes back with the answer
  Time received = 0;
  FixedText<80> origin;       // for the audit: "cli pi (1000)", "mqtt operator"
  bool remote = false;        // may write only what `local.commands` lists
  Fault fault = Fault::none;  // found before the body was looked at
  SignalName signal;          // empty: the body names it
  FixedText<512> body;        // JSON
};

struct Answer {
  std::uint64_t ticket = 0;
  SignalName signal;     // of the attempt, where that named one
  FixedText<2048> text;  // a JSON object
};

struct CommandPort {
  explicit CommandPort(Doorbell& bell) : worker(bell) {}

  Ring<Attempt> attempts{8};
  Ring<Answer> answers{8};
  Doorbell& worker;
  Doorbell* asker = nullptr;  // nullptr: it looks by itself
};

// --- between the commands worker and a bus ---

/// Allowed, and on record.
struct Command {
  std::uint64_t number = 0;  // of this run: names the command on its way and its outcome back
  Reading value;         // signal, kind and value to be written; its time says when it was wished
  Time expires = never;  // not to be written after this
};

struct Outcome {
  std::uint64_t number = 0;
  Reading read_back;  // what the device says afterwards; only if it was written
  Error error;        // reason none: it was written; expired: it was not even tried
};

struct BusCommands {
  explicit BusCommands(Doorbell& bell) : worker(bell) {}

  Ring<Command> commands{8};
  Ring<Outcome> outcomes{8};  // never full: no more commands than these are under way
  Doorbell& worker;
};

}  // namespace fieldweir
