#include "drivers/modbus/group_poll.h"

namespace fieldweir {

void GroupPoll::start(std::span<const ModbusPoint> sorted, Time now, bool ask_something) {
  points_ = sorted;
  under_way_ = true;
  now_ = now;
  asked_any_ = !ask_something;
  at_ = 0;
  search_.stop();
  advance();
}

void GroupPoll::stop() {
  under_way_ = false;
  search_.stop();
}

void GroupPoll::ask(Step step, const PlannedRead& read) {
  step_ = step;
  asked_ = read;
}

void GroupPoll::advance() {
  if (search_.under_way()) {
    ask(Step::search, search_.next());
    if (asked_.size < searched_.size) asked_.size = 0;
    return;
  }
  while (at_ < points_.size() && holes_.bad(points_[at_])) ++at_;
  if (at_ < points_.size())
    ask(Step::read, holes_.next_read(points_, at_));
  else if (!holes_.empty() && (!asked_any_ || holes_.probe_due(now_)))
    ask(Step::probe, holes_.probe());
  else
    stop();
}

void GroupPoll::answered() {
  if (step_ == Step::read) holes_.count_read();
  if (asked_.size != 0) take(asked_);
  told(false);
}

void GroupPoll::refused() {
  if (step_ == Step::read) {
    searched_ = asked_;
    search_.start(points_, searched_);
  }
  told(true);
}

void GroupPoll::told(bool refused) {
  asked_any_ = true;
  if (step_ == Step::probe) holes_.probed(refused, now_);
  if (step_ == Step::search)
    if (const auto hole = search_.told(refused); hole && !holes_.learn(*hole, now_)) return stop();
  advance();
}

PlannedRead GroupPoll::failed() {
  const PlannedRead unread = step_ == Step::search ? searched_ : asked_;
  asked_any_ = true;
  search_.stop();
  if (step_ == Step::probe)
    holes_.probed(true, now_);
  else
    take(unread);
  advance();
  return unread;
}

}  // namespace fieldweir
