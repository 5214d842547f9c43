#include "daemon/command_worker.h"

#include <algorithm>

#include "core/check.h"

namespace fieldweir {
namespace {

constexpr Duration audit_again = 10 * second;

}  // namespace

CommandWorker::CommandWorker(const SignalTable& signals, const TextTable& texts, const Clock& clock,
                             std::string audit_path)
    : signals_(signals), texts_(texts), clock_(clock), audit_(std::move(audit_path)) {}

BusCommands& CommandWorker::add_bus(Doorbell& bus) {
  return *buses_.emplace_back(bus, std::make_unique<BusCommands>(doorbell())).commands;
}

void CommandWorker::add_signal(SignalId signal, const WriteLimits& limits, bool remote) {
  targets_.emplace_back(signal, limits, buses_.size() - 1, remote);
}

CommandPort& CommandWorker::add_asker() {
  return *ports_.emplace_back(std::make_unique<CommandPort>(doorbell()));
}

void CommandWorker::add_to(MemoryPlan& memory, std::size_t buses, std::size_t askers) {
  memory.add("commands", 1, "worker", sizeof(CommandWorker) + 64 * 1024);
  memory.add("commands of a bus", buses, "buses",
             sizeof(BusCommands) + 8 * sizeof(Outcome) + 8 * sizeof(Command) + 8 * sizeof(Pending));
  memory.add("commands of an asker", askers, "askers",
             sizeof(CommandPort) + 8 * sizeof(Attempt) + 8 * sizeof(Answer));
}

Time CommandWorker::turn(Time now) {
  take_outcomes(now);
  take_attempts(now);
  return settle(now);
}

void CommandWorker::take_outcomes(Time now) {
  for (Bus& bus : buses_)
    for (Outcome outcome; bus.commands->outcomes.pop({&outcome, 1}) > 0;) {
      const auto pending = std::ranges::find(
          pending_, outcome.number, [](const Pending& each) { return each.command.number; });
      FIELDWEIR_CHECK(pending != pending_.end());
      const Reason reason = outcome.error.reason;
      if (reason != Reason::expired)
        if (Target* target = target_of(pending->record.wish.signal))
          target->next = now + target->limits.every;
      if (reason == Reason::none) pending->record.read_back = outcome.read_back;
      conclude(*pending,
               reason == Reason::none      ? CommandResult::done
               : reason == Reason::expired ? CommandResult::expired
                                           : CommandResult::failed,
               reason == Reason::none ? Refusal() : Refusal{to_string(reason), outcome.error.text},
               now);
      pending_.erase(pending);
      --bus.under_way;
    }
}

void CommandWorker::take_attempts(Time now) {
  for (std::size_t port = 0; port < ports_.size(); ++port) {
    // not more than there were: an asker that never rests must not keep the audit waiting
    std::size_t left = ports_[port]->attempts.size();
    for (Attempt attempt; left > 0 && ports_[port]->attempts.pop({&attempt, 1}) > 0; --left)
      judge(attempt, port, now);
  }
}

void CommandWorker::judge(const Attempt& attempt, std::size_t port, Time now) {
  Pending pending{
      .record = {.time = now, .origin = attempt.origin}, .port = port, .ticket = attempt.ticket};
  auto why = examine(attempt, pending, now);
  if (!why && audit_.add(audit_json(pending.record, texts_, clock_))) {
    pending_.push_back(std::move(pending));
    return;
  }
  if (!why) {
    --buses_[pending.bus].under_way;
    why = refusal("audit", "the audit has no room");
  }
  const CommandResult result = why->reason == "duplicate" ? CommandResult::duplicate
                               : why->reason == "expired" ? CommandResult::expired
                                                          : CommandResult::refused;
  conclude(pending, result, *why, now);
}

/// Why it may not be done, or nothing; then `pending` is ready to be sent.
std::optional<Refusal> CommandWorker::examine(const Attempt& attempt, Pending& pending, Time now) {
  Wish& wish = pending.record.wish;
  if (const auto wrong = read_wish(attempt, clock_, wish)) return wrong;
  if (stopping_) return refusal("stopped", "the gateway is stopping");
  Target* target = target_of(wish.signal);
  if (target == nullptr)
    return refusal("not allowed", "there is no signal of that name that may be written");
  if (attempt.remote && !target->remote)
    return refusal("not allowed", "the signal is not listed in `local.commands`");
  if (is_duplicate(pending.record, now))
    return refusal("duplicate", "a command with this id was accepted already");
  if (now >= wish.expires) return refusal("expired", "its time was over when it came");
  Reading& value = pending.command.value;
  if (const auto no = convert(wish.value, signals_[target->signal].kind, texts_, value)) return no;
  if (const auto no = check_limits(value, target->limits)) return no;
  const auto same_signal = [target](const Pending& each) {
    return each.command.value.signal == target->signal;
  };
  if (target->limits.every > 0 && std::ranges::any_of(pending_, same_signal))
    return refusal("too soon", "another write of it is under way");
  if (now < target->next)
    return refusal("too soon", "may be written again in %.3g s",
                   static_cast<double>(target->next - now) / second);
  Bus& bus = buses_[target->bus];
  if (bus.under_way == bus.commands->outcomes.capacity())
    return refusal("busy", "%zu commands wait for the bus already", bus.under_way);
  if (recent_.room(now) <= pending_.size())
    return refusal("busy", "too many commands within 10 minutes");

  value.signal = target->signal;
  value.time = attempt.received;
  pending.command.number = ++last_number_;
  pending.command.expires = wish.expires;
  pending.bus = target->bus;
  ++bus.under_way;
  return {};
}

CommandWorker::Target* CommandWorker::target_of(std::string_view signal) {
  const auto found = std::ranges::find_if(
      targets_, [&](const Target& each) { return signals_[each.signal].name.view() == signal; });
  return found != targets_.end() ? &*found : nullptr;
}

bool CommandWorker::is_duplicate(const CommandRecord& record, Time now) {
  const auto same = [&](const Pending& each) {
    return each.record.wish.id == record.wish.id && each.record.origin == record.origin;
  };
  return std::ranges::any_of(pending_, same) || recent_.knows(record.origin, record.wish.id, now);
}

/// Puts the turn on record; then, and only then, what was allowed is sent.
Time CommandWorker::settle(Time now) {
  const Result<> recorded = audit_.commit();
  if (!recorded && disk_troubles_.allow(now))
    log(LogLevel::error, name(), "nothing can be written, since it cannot be audited: %s",
        std::string(recorded.error().text.view()).c_str());
  for (Pending& pending : pending_) {
    if (pending.sent) continue;
    if (recorded) {
      send(pending, now);
    } else {
      conclude(pending, CommandResult::refused, refusal("audit", "the audit cannot be written"),
               now);
    }
  }
  std::erase_if(pending_, [this](const Pending& pending) {
    if (!pending.sent) --buses_[pending.bus].under_way;
    return !pending.sent;
  });
  for (const Said& said : said_) {
    CommandPort& port = *ports_[said.port];
    port.answers.push(said.answer);  // full: the asker has long stopped looking
    if (port.asker != nullptr) port.asker->ring();
  }
  said_.clear();
  return audit_.owes() ? now + audit_again : never;
}

void CommandWorker::send(Pending& pending, Time now) {
  recent_.remember(pending.record.origin, pending.record.wish.id, now);
  FIELDWEIR_CHECK(buses_[pending.bus].commands->commands.push(pending.command));
  buses_[pending.bus].doorbell.ring();
  pending.sent = true;
}

/// Counts, records and answers; the answer goes out when the turn is settled.
void CommandWorker::conclude(Pending& pending, CommandResult result, const Refusal& why, Time now) {
  CommandRecord& record = pending.record;
  record.time = now;
  record.result = result;
  record.why = why;
  counts_[static_cast<std::size_t>(result)].add();
  audit_.add(audit_json(record, texts_, clock_));
  Said& said = said_.emplace_back(Said{pending.port, {}});
  said.answer.ticket = pending.ticket;
  said.answer.signal.assign(record.wish.signal);
  said.answer.text.assign(answer_json(record, texts_));
  say(record);
}

void CommandWorker::say(const CommandRecord& record) {
  const bool done = record.result == CommandResult::done;
  if (!done && !refusals_.allow(record.time)) return;
  log(done ? LogLevel::info : LogLevel::warning, name(), "%s: %s",
      std::string(record.origin).c_str(), answer_text(answer_json(record, texts_)).text.c_str());
}

void CommandWorker::finish(Time now) {
  stopping_ = true;
  take_outcomes(now);
  take_attempts(now);
  for (Pending& pending : pending_)
    conclude(pending, CommandResult::failed,
             refusal("stopped", "the gateway stopped; whether it was written is not known"), now);
  pending_.clear();
  settle(now);
}

}  // namespace fieldweir
