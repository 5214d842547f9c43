#include "uplink/delivery.h"

#include <algorithm>

#include "core/check.h"

namespace fieldweir {
namespace {

/// Certificates are judged by the system's clock. While that is wrong there is nothing to mend but
/// to wait; what the library says stays to be read. OpenSSL's own text does not name the cause.
Error explained(const Error& why, bool synchronised) {
  const std::string_view text = why.text.view();
  const auto because = [&](const char* clock) {
    return error(why.reason, "%s: %.*s", clock, static_cast<int>(text.size()), text.data());
  };
  if (synchronised) return why;
  if (text.find("not yet valid") != std::string_view::npos)
    return because("the clock is not synchronised: waiting for time");
  if (text.find("certificate verify failed") != std::string_view::npos)
    return because("the clock is not synchronised, which may be why");
  return why;
}

}  // namespace

std::string_view to_string(DeliveryState state) {
  switch (state) {
    case DeliveryState::idle:
      return "idle";
    case DeliveryState::connecting:
      return "connecting";
    case DeliveryState::connected:
      return "connected";
    case DeliveryState::limited:
      return "rate limited";
    case DeliveryState::used_up:
      return "monthly cap reached";
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
      log_(log),
      clock_(clock),
      stop_(stop),
      random_(random),
      backoff_(random_.fork()),
      uplink_(make(doorbell())),
      feed_(settings, std::move(gateway), rows, uplink_->in_flight_limit(), log),
      limit_(settings.rate_limit, log.usage()) {
  if (!limit_.none()) status_.month_bytes = limit_.usage().bytes;
  publish(DeliveryState::idle, 0);
}

void Delivery::add_to(MemoryPlan& memory, const UplinkSettings& settings, std::string_view gateway,
                      std::size_t rows) {
  Feed::add_to(memory, settings, gateway, rows);
  memory.add("uplink " + settings.name + ": worker", 1, "worker", sizeof(Delivery));
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
  if (!feed_.window().empty()) {
    const Time due = send(now);
    return more && connected_ ? now : due;
  }
  if (!attend(now)) return next_attempt_;
  publish_working();
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

/// While nothing is handed over; whether the connection stands.
bool Delivery::attend(Time now) {
  const auto standing = uplink_->attend();
  if (!standing) fail(standing.error(), respond(Verdict::retry), now, now);
  return static_cast<bool>(standing);
}

/// Whether there may be more to take from the log.
bool Delivery::fill(Time now) {
  if (now < next_read_) return false;
  const Result<bool> more = take(now);
  if (more) return more.value();
  next_read_ = now + after_log_error;
  if (log_limit_.allow(now))
    log(LogLevel::error, name_, "cannot read the log: %s",
        std::string(more.error().text.view()).c_str());
  return false;
}

/// What is held back is taken late, so that events go before it.
Result<bool> Delivery::take(Time now) {
  if (limit_.none()) return feed_.fill(SIZE_MAX);
  for (std::size_t most = handed_ + 1;; ++most) {
    const Result<bool> more = feed_.fill(most);
    if (!more || feed_.window().size() < most || may_be_handed(now) < most) return more;
  }
}

Time Delivery::send(Time now) {
  const std::size_t handed = may_be_handed(now);
  if (handed == 0) return attend(now) ? hold_back(now) : next_attempt_;
  if (handed_ == 0) progress_ = now;
  const std::span<const Message> window = feed_.window().first(handed);
  const Sent sent = uplink_->send(window, clock_.now() + uplink_->patience(), stop_);
  FIELDWEIR_CHECK(sent.safe <= window.size());
  if (sent.left)
    count(handed, now);
  else
    progress_ = now;  // there is no confirmation to wait for
  return respond_to(sent, clock_.now());
}

/// So many from the front.
std::size_t Delivery::may_be_handed(Time now) {
  const std::span<const Message> window = feed_.window();
  const std::size_t most = probing_ ? 1 : window.size();
  if (limit_.none() || handed_ >= most) return most;
  limit_.look_at(now, clock_.wall(), clock_.synchronised());
  RateLimit then = limit_;  // once those before it are sent
  std::size_t handed = handed_;
  for (; handed < most && then.when(window[handed].body.size(), now) <= now; ++handed)
    then.sent(window[handed].body.size(), now);
  return handed;
}

void Delivery::count(std::size_t handed, Time now) {
  if (!limit_.none() && handed > handed_) {
    for (; handed_ < handed; ++handed_) limit_.sent(feed_.window()[handed_].body.size(), now);
    log_.use(limit_.usage());
    status_.month_bytes = limit_.usage().bytes;
  }
  handed_ = handed;
}

/// The next message may have to wait.
Time Delivery::hold_back(Time now) {
  const std::size_t bytes = feed_.window()[handed_].body.size();
  const Time until = limit_.when(bytes, now);
  if (until <= now) return now;
  publish(limit_.used_up(bytes) ? DeliveryState::used_up : DeliveryState::limited, until);
  return std::min(until, now + minute);  // a clock that is set may begin another month
}

Time Delivery::respond_to(const Sent& sent, Time now) {
  if (sent.safe > 0) confirm(sent.safe, now);
  const Response response = respond(sent.verdict);
  if (response.wait == Wait::backoff || response.wait == Wait::probe)
    return fail(sent.why, response, sent.at, now);
  if (response.close) close();
  if (response.dead_letter && !feed_.window().empty()) refuse_front(sent.why, now);
  const Time stuck = handed_ == 0 ? never : progress_ + stuck_after;
  if (now >= stuck)
    return fail(error(Reason::timeout, "nothing was confirmed for 30 s"), respond(Verdict::retry),
                now, now);
  publish_working();
  // never at once when nothing moved, whatever the uplink says
  if (response.wait == Wait::until) {
    const Time due = std::min(std::max(sent.at, now + millisecond), stuck);
    const bool held = !limit_.none() && !probing_ && handed_ < feed_.window().size();
    return held ? std::min(due, hold_back(now)) : due;
  }
  return sent.safe > 0 || response.dead_letter ? now : now + glance;
}

void Delivery::confirm(std::size_t count, Time now) {
  for (std::size_t i = 0; i < count; ++i) {
    ++status_.messages;
    status_.bytes += feed_.window().front().body.size();
    feed_.confirm_front();
  }
  handed_ -= count;
  progress_ = status_.last_progress = now;
  probing_ = false;
  if (!troubled_) return;
  troubled_ = false;
  backoff_.connected(now);
  log(LogLevel::info, name_, "delivering");
}

void Delivery::refuse_front(const Error& why, Time now) {
  const Position position = feed_.window().front().position;
  const std::string_view text = why.text.view();
  probing_ = false;
  if (!feed_.refuse_front(text) || !refused_limit_.allow(now)) return;
  log(LogLevel::warning, name_, "a reading of batch %u/%llu is refused for ever: %.*s",
      position.epoch, static_cast<unsigned long long>(position.seq), static_cast<int>(text.size()),
      text.data());
}

/// What is in flight stays, encoded as it is.
void Delivery::close() {
  uplink_->close();
  connected_ = false;
  handed_ = 0;
}

/// Closes and says when to try again.
Time Delivery::fail(const Error& why, Response response, Time at, Time now) {
  close();
  probing_ = response.wait == Wait::probe;
  ++status_.failures;
  // one line for one trouble, however long it lasts
  unlogged_ = unlogged_ || !troubled_ || status_.last_error.reason != why.reason;
  status_.last_error = explained(why, clock_.synchronised());
  status_.last_error_time = now;
  const auto probe_in = static_cast<Duration>((0.75 + 0.5 * random_.unit()) * minute);
  next_attempt_ = probing_ ? now + probe_in : std::max(backoff_.failed(now), at);
  LogLimit& limit = response.alarm ? alarm_limit_ : failure_limit_;
  if (unlogged_ && !stop_.requested() && limit.allow(now)) {
    unlogged_ = false;
    log(response.alarm ? LogLevel::error : LogLevel::warning, name_, "%s%s; next attempt in %.1f s",
        response.alarm ? "paused, the far side refuses us: " : "",
        std::string(status_.last_error.text.view()).c_str(),
        static_cast<double>(next_attempt_ - now) / second);
  }
  troubled_ = true;
  return publish(probing_ ? DeliveryState::paused : DeliveryState::backing_off, next_attempt_);
}

Time Delivery::publish_working() {
  const bool heard = connected_ && (uplink_->connects() || !troubled_);
  return publish(heard ? DeliveryState::connected : DeliveryState::connecting, 0);
}

Time Delivery::publish(DeliveryState state, Time next_attempt) {
  status_.state = state;
  status_.next_attempt = next_attempt;
  status_.in_flight = feed_.window().size();
  status_.dead_letters = feed_.dead_letters();
  status_.backlog_ranges = feed_.backlog_ranges();
  const std::scoped_lock lock(publishing_);
  published_ = status_;
  return next_attempt;
}

DeliveryStatus Delivery::status() const {
  const std::scoped_lock lock(publishing_);
  return published_;
}

}  // namespace fieldweir
