#include "uplink/delivery.h"

#include <algorithm>

#include "core/check.h"

namespace fieldweir {
namespace {

/// Enough for the largest batch; usual ones are a tenth of that, so that several fit.
std::size_t room_for_bodies(const Format& format, std::size_t rows, std::string_view gateway) {
  return format.size_max(rows, GapList::most, gateway);
}

}  // namespace

std::string_view to_string(DeliveryState state) {
  switch (state) {
    case DeliveryState::idle:
      return "idle";
    case DeliveryState::connected:
      return "connected";
    case DeliveryState::backing_off:
      return "backing off";
    case DeliveryState::paused:
      break;
  }
  return "paused";
}

Delivery::Delivery(const UplinkSettings& settings, std::string gateway, std::size_t rows,
                   const Make& make, LogReader& log, const Clock& clock, const Stop& stop,
                   Random random)
    : name_("uplink " + settings.name),
      gateway_(std::move(gateway)),
      format_(find_format(settings.format)),
      log_(log),
      clock_(clock),
      stop_(stop),
      random_(random),
      backoff_(random_.fork()),
      selection_(settings.send),
      uplink_(make(doorbell())),
      in_flight_(uplink_->in_flight_limit(), room_for_bodies(format_, rows, gateway_)),
      batch_(rows),
      parts_(rows, settings.by_device) {
  for (const Lane each : {Lane::events, Lane::telemetry}) {
    const LogReader::Cursor cursor = log_.cursor(each);
    lane(each) = {.read = cursor.acknowledged, .sent = cursor.sent};
    status_.acknowledged[static_cast<std::size_t>(each)] = cursor.acknowledged;
  }
  publish(DeliveryState::idle, 0);
}

void Delivery::add_to(MemoryPlan& memory, const UplinkSettings& settings, std::string_view gateway,
                      std::size_t rows) {
  const std::string who = "uplink " + settings.name + ": ";
  memory.add(who + "messages in flight", 1, "buffer",
             room_for_bodies(find_format(settings.format), rows, gateway));
  memory.add(who + "batch being read", rows, "readings", sizeof(Reading));
  if (settings.by_device)
    memory.add(who + "parts of a batch", 1, "part", Parts::bytes_for(rows, true));
  memory.add(who + "worker", 1, "worker", sizeof(Delivery) + Selection::bytes());
}

Duration Delivery::longest_turn() const { return 2 * uplink_->patience() + second; }

Time Delivery::turn(Time now) {
  if (stop_.requested()) {
    uplink_->close();
    return never;
  }
  if (now < next_attempt_) return next_attempt_;
  if (!connected_ && !connect()) return next_attempt_;
  const bool more = fill(now);
  if (!in_flight_.empty()) {
    const Time due = send();
    return more && connected_ ? now : due;
  }
  publish(DeliveryState::connected, 0);
  if (more) return now;
  return now < next_read_ ? next_read_ : never;
}

bool Delivery::connect() {
  const auto connected = uplink_->connect(clock_.now() + uplink_->patience(), stop_);
  const Time now = clock_.now();
  if (!connected) {
    const bool refused = connected.error().reason == Reason::unauthorised;
    fail(connected.error(), respond(refused ? Verdict::pause : Verdict::retry), now, now);
    return false;
  }
  connected_ = true;
  progress_ = now;
  return true;
}

/// Takes batches from the log while there is room in flight; whether there may be more to take.
bool Delivery::fill(Time now) {
  if (now < next_read_) return false;
  for (int i = 0; i < batches_per_turn; ++i) {
    if (in_flight_.full()) return false;
    if (!waiting_ && !read_next(now)) return false;
    const bool selected = !batch_.readings.empty() || !batch_.gaps.empty();
    waiting_ = selected && !encode(now);
    if (waiting_ && !in_flight_.empty()) return false;
    if (waiting_) {
      // never for a batch within our own bounds, and no reason to stand still for ever
      log_.dead_letter(batch_.lane, batch_.position, "larger than the memory for messages");
      ++status_.dead_letters;
      skip({.not_selected = not_selected_, .dead_lettered = parts_.readings_left()});
    } else if (!selected) {
      skip({.not_selected = not_selected_});
    }
    waiting_ = false;
    lane(batch_.lane).read = batch_.position;
  }
  return true;
}

bool Delivery::read_next(Time now) {
  for (const Lane each : {Lane::events, Lane::telemetry}) {
    if (lane(each).ahead == most_ahead) continue;
    const auto found = log_.next(each, lane(each).read, batch_);
    if (!found) {
      next_read_ = now + after_log_error;
      if (log_limit_.allow(now))
        log(LogLevel::error, name_, "cannot read the log: %s",
            std::string(found.error().text.view()).c_str());
      return false;
    }
    if (!found.value()) continue;
    not_selected_ = selection_.keep_selected(batch_);
    parts_.split(batch_);
    return true;
  }
  return false;
}

/// Puts what is left of `batch_` in flight; false if there is no room for all of it now.
bool Delivery::encode(Time now) {
  for (; !parts_.done(); parts_.next())
    if (in_flight_.full() || !encode_part(now)) return false;
  lane(batch_.lane).sent = batch_.position;
  return true;
}

bool Delivery::encode_part(Time now) {
  LaneState& state = lane(batch_.lane);
  const Envelope envelope{.gateway = gateway_, .prev = state.sent, .part = parts_.part()};
  const bool last = envelope.part.number == envelope.part.of;
  for (const std::span<char> room : in_flight_.room()) {
    const std::size_t size = format_.write(parts_.batch(), envelope, room);
    if (size == 0) continue;
    if (in_flight_.empty()) progress_ = now;
    in_flight_.push({batch_.lane,
                     batch_.position,
                     gateway_,
                     {room.data(), size},
                     envelope.part,
                     parts_.device()},
                    {.through = batch_.position,
                     .readings = parts_.batch().readings.size(),
                     .not_selected = last ? not_selected_ : 0,
                     .batches = last ? 1u : 0u});
    state.ahead += last ? 1 : 0;
    return true;
  }
  return false;
}

/// Moves the cursor over `batch_` without sending it, once what stands before it is confirmed.
void Delivery::skip(LogReader::Outcome outcome) {
  if (Owed* before = in_flight_.newest(batch_.lane)) {
    before->through = batch_.position;
    before->not_selected += outcome.not_selected;
    ++before->batches;
    ++lane(batch_.lane).ahead;
  } else {
    acknowledge(batch_.lane, {.acknowledged = batch_.position, .sent = lane(batch_.lane).sent},
                outcome);
  }
}

Time Delivery::send() {
  std::span<const Message> window = in_flight_.messages();
  if (probing_) window = window.first(1);
  const Sent sent = uplink_->send(window, clock_.now() + uplink_->patience(), stop_);
  FIELDWEIR_CHECK(sent.safe <= window.size());
  return respond_to(sent, clock_.now());
}

Time Delivery::respond_to(const Sent& sent, Time now) {
  if (sent.safe > 0) confirm(sent.safe, now);
  const Response response = respond(sent.verdict);
  if (response.dead_letter && !in_flight_.empty()) refuse_front(sent.why, now);
  if (response.wait == Wait::backoff || response.wait == Wait::probe)
    return fail(sent.why, response, sent.at, now);
  if (response.close) {
    uplink_->close();
    connected_ = false;
  }
  const Time stuck = in_flight_.empty() ? never : progress_ + stuck_after;
  if (now >= stuck)
    return fail(error(Reason::timeout, "nothing was confirmed for 30 s"), respond(Verdict::retry),
                now, now);
  publish(DeliveryState::connected, 0);
  // never at once when nothing moved, whatever the uplink says
  if (response.wait == Wait::until) return std::min(std::max(sent.at, now + millisecond), stuck);
  return sent.safe > 0 || response.dead_letter ? now : now + glance;
}

void Delivery::confirm(std::size_t count, Time now) {
  for (std::size_t i = 0; i < count; ++i) {
    ++status_.messages;
    status_.bytes += in_flight_.front().body.size();
    const Owed& owed = in_flight_.front_owed();
    pop_front({.delivered = owed.readings, .not_selected = owed.not_selected});
  }
  progress_ = status_.last_progress = now;
  probing_ = false;
  if (!troubled_) return;
  troubled_ = false;
  backoff_.connected(now);
  log(LogLevel::info, name_, "delivering");
}

/// The far end will never take the front message: puts its batch aside.
void Delivery::refuse_front(const Error& why, Time now) {
  const Message& message = in_flight_.front();
  const Owed& owed = in_flight_.front_owed();
  const std::string_view text = why.text.view();
  log_.dead_letter(message.lane, message.position, text);
  if (refused_limit_.allow(now))
    log(LogLevel::warning, name_, "batch %u/%llu of %llu readings is refused for ever: %.*s",
        message.position.epoch, static_cast<unsigned long long>(message.position.seq),
        static_cast<unsigned long long>(owed.readings), static_cast<int>(text.size()), text.data());
  ++status_.dead_letters;
  probing_ = false;
  pop_front({.not_selected = owed.not_selected, .dead_lettered = owed.readings});
}

/// The cursor moves when all parts of a batch are done with.
void Delivery::pop_front(LogReader::Outcome outcome) {
  const Lane which = in_flight_.front().lane;
  const Position position = in_flight_.front().position;
  const Owed owed = in_flight_.front_owed();
  in_flight_.pop();
  LaneState& state = lane(which);
  state.outcome.delivered += outcome.delivered;
  state.outcome.not_selected += outcome.not_selected;
  state.outcome.dead_lettered += outcome.dead_lettered;
  if (owed.batches == 0) return;
  state.ahead -= owed.batches;
  acknowledge(which, {.acknowledged = owed.through, .sent = position}, {});
}

/// With what became of the parts before.
void Delivery::acknowledge(Lane which, LogReader::Cursor cursor, LogReader::Outcome outcome) {
  LogReader::Outcome& before = lane(which).outcome;
  outcome.delivered += before.delivered;
  outcome.not_selected += before.not_selected;
  outcome.dead_lettered += before.dead_lettered;
  before = {};
  status_.acknowledged[static_cast<std::size_t>(which)] = cursor.acknowledged;
  log_.acknowledge(which, cursor, outcome);
}

/// Closes and says when to try again. What is in flight stays, encoded as it is.
Time Delivery::fail(const Error& why, Response response, Time at, Time now) {
  uplink_->close();
  connected_ = false;
  probing_ = response.wait == Wait::probe;
  ++status_.failures;
  // one line for one trouble, however long it lasts
  unlogged_ = unlogged_ || !troubled_ || status_.last_error.reason != why.reason;
  status_.last_error = why;
  status_.last_error_time = now;
  const auto probe_in = static_cast<Duration>((0.75 + 0.5 * random_.unit()) * minute);
  next_attempt_ = probing_ ? now + probe_in : std::max(backoff_.failed(now), at);
  LogLimit& limit = response.alarm ? alarm_limit_ : failure_limit_;
  if (unlogged_ && !stop_.requested() && limit.allow(now)) {
    unlogged_ = false;
    log(response.alarm ? LogLevel::error : LogLevel::warning, name_, "%s%s; next attempt in %.1f s",
        response.alarm ? "paused, the far side refuses us: " : "",
        std::string(why.text.view()).c_str(), static_cast<double>(next_attempt_ - now) / second);
  }
  troubled_ = true;
  return publish(probing_ ? DeliveryState::paused : DeliveryState::backing_off, next_attempt_);
}

Time Delivery::publish(DeliveryState state, Time next_attempt) {
  status_.state = state;
  status_.next_attempt = next_attempt;
  status_.in_flight = in_flight_.messages().size();
  const std::scoped_lock lock(publishing_);
  published_ = status_;
  return next_attempt;
}

DeliveryStatus Delivery::status() const {
  const std::scoped_lock lock(publishing_);
  return published_;
}

}  // namespace fieldweir
