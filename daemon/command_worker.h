// CommandWorker: the one who decides whether a value is written. Takes attempts from every asker,
// refuses or allows them, hands what is allowed to the bus, and tells the asker what came of it.
// The gateway object owns it; a thread of its own, because an audit record waits for the disk.
//
// Nothing is written that is not on record: each attempt leaves a line with its result, one that is
// allowed a line before it goes to its bus. While the audit cannot be written every attempt is
// refused. Bounds: 8 attempts may wait per asker, 8 commands per bus; more is refused as busy.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "core/memory_plan.h"
#include "core/signal_table.h"
#include "core/text_table.h"
#include "core/worker.h"
#include "daemon/audit.h"
#include "daemon/command_json.h"
#include "daemon/recent_commands.h"

namespace fieldweir {

class CommandWorker final : public Worker {
 public:
  CommandWorker(const SignalTable& signals, const TextTable& texts, const Clock& clock,
                std::string audit_path);

  // --- while building ---

  /// A bus that can write. What its worker is to be given.
  BusCommands& add_bus(Doorbell& bus);
  /// A signal of the bus added last. `remote`: also over local MQTT.
  void add_signal(SignalId signal, const WriteLimits& limits, bool remote);
  CommandPort& add_asker();
  static void add_to(MemoryPlan& memory, std::size_t buses, std::size_t askers);

  std::string_view name() const override { return "commands"; }
  Time turn(Time now) override;
  /// The disk decides, and a restart could not mend it.
  Duration longest_turn() const override { return never; }

  /// After the buses have ended: says of what is left that it was not done.
  void finish(Time now);

  /// Attempts by result; any thread.
  std::uint64_t count(CommandResult result) const {
    return counts_[static_cast<std::size_t>(result)].get();
  }
  std::uint64_t audit_lost() const { return audit_.lost.get(); }

 private:
  struct Target {
    SignalId signal;
    const WriteLimits& limits;
    std::size_t bus;
    bool remote;
    Time next = 0;  // not to be written before
  };
  struct Bus {
    Doorbell& doorbell;
    std::unique_ptr<BusCommands> commands;
    std::size_t under_way = 0;
  };
  /// Allowed; not yet sent until it is on record.
  struct Pending {
    CommandRecord record;
    std::size_t port;
    std::uint64_t ticket;
    std::size_t bus;
    Command command;
    bool sent = false;
  };

  void take_outcomes(Time now);
  void take_attempts(Time now);
  void judge(const Attempt& attempt, std::size_t port, Time now);
  std::optional<Refusal> examine(const Attempt& attempt, Pending& pending, Time now);
  Target* target_of(std::string_view signal);
  bool is_duplicate(const CommandRecord& record, Time now);
  Time settle(Time now);
  void send(Pending& pending, Time now);
  void conclude(Pending& pending, CommandResult result, const Refusal& why, Time now);
  void say(const CommandRecord& record);

  const SignalTable& signals_;
  const TextTable& texts_;
  const Clock& clock_;
  Audit audit_;
  RecentCommands recent_;
  std::vector<Target> targets_;
  std::vector<Bus> buses_;
  std::vector<std::unique_ptr<CommandPort>> ports_;
  std::deque<Pending> pending_;  // at most 8 per bus
  struct Said {
    std::size_t port;
    Answer answer;
  };
  std::vector<Said> said_;  // in this turn, told when it is on record
  std::uint64_t last_number_ = 0;
  bool stopping_ = false;
  std::array<Counter, command_result_count> counts_;
  LogLimit refusals_;
  LogLimit disk_troubles_;
};

}  // namespace fieldweir
