#include "uplink/feed.h"

#include <algorithm>
#include <utility>

namespace fieldweir {
namespace {

/// Enough for the largest batch; usual ones are a tenth of that, so that several fit.
std::size_t room_for_bodies(const Format& format, std::size_t rows, std::string_view gateway) {
  return format.size_max(rows, GapList::most, gateway);
}

}  // namespace

Feed::Feed(const UplinkSettings& settings, std::string gateway, std::size_t rows,
           std::size_t in_flight_limit, LogReader& log)
    : gateway_(std::move(gateway)),
      format_(find_format(settings.format)),
      log_(log),
      live_first_(settings.order == "live_first"),
      share_(settings.backlog.share),
      selection_(settings.send),
      in_flight_(in_flight_limit, room_for_bodies(format_, rows, gateway_)),
      batch_(rows),
      parts_(rows, settings.by_device) {
  rewind();
}

void Feed::add_to(MemoryPlan& memory, const UplinkSettings& settings, std::string_view gateway,
                  std::size_t rows) {
  const std::string who = "uplink " + settings.name + ": ";
  memory.add(who + "messages in flight", 1, "buffer",
             room_for_bodies(find_format(settings.format), rows, gateway));
  memory.add(who + "batch being read", rows, "readings", sizeof(Reading));
  memory.add(who + "part of a batch", 1, "part", Parts::bytes_for(rows, settings.by_device));
  memory.add(who + "selection", 1, "table", Selection::bytes());
}

Feed::Track& Feed::track_of(Lane which, Position position) {
  LaneState& state = lane(which);
  const bool live = !state.ahead.empty() && position > state.ahead.live().after;
  return live ? state.live : state.main;
}

std::size_t Feed::backlog_ranges() const {
  std::size_t sum = 0;
  for (const LaneState& state : lanes_) sum += state.ahead.size();
  return sum;
}

// --- from the log to the messages in flight

Result<bool> Feed::fill(std::size_t most) {
  most_ = most;
  for (int i = 0; i < batches_per_turn; ++i) {
    if (in_flight_.full() || window().size() >= most_) return false;
    if (!waiting_) {
      const Result<bool> found = read_next();
      if (!found || !found.value()) return found;
    }
    const bool selected = !batch_.readings.empty() || !batch_.gaps.empty();
    waiting_ = selected && !encode();
    if (waiting_ && !window().empty()) return false;
    if (waiting_)
      make_it_fit();
    else if (!selected)
      skip();
  }
  return true;
}

Result<bool> Feed::read_next() {
  for (const Lane each : {Lane::events, Lane::telemetry}) {
    LaneState& state = lane(each);
    const bool both = live_first_ && !state.ahead.empty();
    if (!both) {
      const Result<bool> found = read(each, state.main);
      if (!found || found.value()) return found;
      continue;
    }
    Track* tracks[] = {&state.main, &state.live};
    if (state.turn >= share_.backlog) std::swap(tracks[0], tracks[1]);
    for (Track* track : tracks) {
      const Result<bool> found = read(each, *track);
      if (found && !found.value()) continue;
      // who has nothing keeps its turn
      if (track == tracks[0]) state.turn = (state.turn + 1) % (share_.backlog + share_.live);
      return found;
    }
  }
  return false;
}

Result<bool> Feed::read(Lane which, Track& track) {
  LaneState& state = lane(which);
  // both tracks became one while the main one was asked
  if (&track == &state.live && state.ahead.empty()) return false;
  // a batch that was cut goes alone
  const bool alone = track.resume.of > 0 && track.read == track.resume_at;
  if (track.ahead == most_ahead || alone) return false;
  const auto found = log_.next(which, track.read, batch_);
  if (!found || !found.value()) return found;
  const bool is_main = &track == &state.main;
  if (is_main && !state.ahead.empty() && batch_.position > state.ahead.front().after) {
    // the backlog is read as far as it goes: once that is confirmed, the cursor jumps
    if (track.ahead > 0) return false;
    acknowledge(which, track, {state.ahead.front().after, track.sent}, 0);
    return read(which, state.main);
  }
  const bool newest = is_main == state.ahead.empty();
  // what is being cut is finished first: a new live track would forget how far that is
  const bool being_cut = !is_main && track.resume.of > 0;
  if (newest && live_first_ && !being_cut && !state.ahead.full() && is_behind(which)) {
    if (!is_main && track.ahead > 0) return false;
    go_live(which);
    if (!is_main) return false;  // its rest is the last range of the backlog now
  }
  begin_batch(which, track);
  return true;
}

bool Feed::is_behind(Lane which) const {
  const Position last = log_.last(which);
  return batch_.position.epoch < last.epoch || batch_.position.seq + far_behind < last.seq;
}

void Feed::go_live(Lane which) {
  LaneState& state = lane(which);
  const Position from = log_.last(which);
  log_.go_live(which, from);
  state.ahead = log_.ahead(which);
  state.live = {.read = from, .sent = {}};
}

void Feed::begin_batch(Lane which, Track& track) {
  from_ = &track;
  historical_ = &track == &lane(which).main && !lane(which).ahead.empty();
  track.read = batch_.position;
  not_selected_ = selection_.keep_selected(batch_);
  parts_.split(batch_);
  if (track.resume.of > 0 && track.resume_at == batch_.position) parts_.go_to(track.resume);
}

/// Puts what is left of `batch_` in flight; false if there is no room for all of it now.
bool Feed::encode() {
  for (; !parts_.done(); parts_.next())
    if (in_flight_.full() || window().size() >= most_ || !encode_part()) return false;
  from_->sent = batch_.position;
  return true;
}

bool Feed::encode_part() {
  const Envelope envelope{
      .gateway = gateway_, .prev = from_->sent, .historical = historical_, .part = parts_.part()};
  const DecodedBatch& part = parts_.batch();
  const bool last = parts_.last();
  for (const std::span<char> room : in_flight_.room()) {
    const std::size_t size = format_.write(part, envelope, room);
    if (size == 0) continue;
    in_flight_.push({batch_.lane,
                     batch_.position,
                     gateway_,
                     {room.data(), size},
                     envelope.part,
                     parts_.device()},
                    {.through = batch_.position,
                     .readings = part.readings.size(),
                     .marks = !part.gaps.empty(),
                     .not_selected = last ? not_selected_ : 0,
                     .batches = last ? 1u : 0u});
    from_->ahead += last ? 1 : 0;
    return true;
  }
  return false;
}

/// Nothing is in flight, and yet there is no room for the present part: never for a batch within
/// our own bounds, and no reason to stand still for ever.
void Feed::make_it_fit() {
  if (parts_.batch().readings.size() > 1) return parts_.go_to(first_half(parts_.part()));
  put_aside("larger than the memory for messages");
  waiting_ = !parts_.done();
}

/// The present part, the oldest that is not done with.
void Feed::put_aside(std::string_view why) {
  log_.dead_letter(parts_.batch(), why);
  ++dead_letters_;
  from_->outcome.dead_lettered += parts_.batch().readings.size();
  parts_.next();
  if (!parts_.done()) return;
  from_->sent = batch_.position;
  acknowledge(batch_.lane, *from_, {batch_.position, batch_.position}, not_selected_);
}

/// Moves the cursor over `batch_` without sending it, once what stands before it is confirmed.
void Feed::skip() {
  const auto before = in_flight_.newest([&](const Message& message) {
    return message.lane == batch_.lane && &track_of(message.lane, message.position) == from_;
  });
  if (before != nullptr) {
    before->through = batch_.position;
    before->not_selected += not_selected_;
    ++before->batches;
    ++from_->ahead;
  } else {
    acknowledge(batch_.lane, *from_, {batch_.position, from_->sent}, not_selected_);
  }
}

// --- from the confirmations to the cursors

void Feed::confirm_front() {
  const Lane which = in_flight_.front().lane;
  const Position position = in_flight_.front().position;
  const Owed owed = in_flight_.front_owed();
  in_flight_.pop();
  Track& track = track_of(which, position);
  track.outcome.delivered += owed.readings;
  if (owed.batches == 0) return;  // its cursor moves with the last part
  track.ahead -= owed.batches;
  acknowledge(which, track, {owed.through, position}, owed.not_selected);
}

void Feed::acknowledge(Lane which, Track& track, Cursor cursor, std::uint64_t not_selected) {
  LogReader::Outcome outcome = std::exchange(track.outcome, {});
  outcome.not_selected += not_selected;
  if (track.resume_at <= cursor.acknowledged) track.resume = {1, 0};
  log_.acknowledge(which, cursor, outcome);
  if (!lane(which).ahead.empty()) follow(which);
}

/// The log's cursor may have jumped over a range.
void Feed::follow(Lane which) {
  LaneState& state = lane(which);
  const std::size_t before = state.ahead.size();
  state.ahead = log_.ahead(which);
  if (state.ahead.size() == before) return;
  if (state.ahead.empty()) {
    if (from_ == &state.live) from_ = &state.main;
    state.main = std::exchange(state.live, {});
  } else {
    const Cursor cursor = log_.cursor(which);
    state.main = {.read = cursor.acknowledged, .sent = cursor.sent};
  }
}

bool Feed::refuse_front(std::string_view why) {
  const Message front = window().front();
  const Owed owed = in_flight_.front_owed();
  // of one reading with marks, the first half is the marks
  const bool divisible = owed.readings > (owed.marks ? 0 : 1);
  rewind();
  Track& track = track_of(front.lane, front.position);
  track.resume_at = front.position;
  track.resume = divisible ? first_half(front.part) : front.part;
  if (divisible) return false;
  const auto found = log_.next(front.lane, track.read, batch_);
  // whatever keeps the log from being read passes, and then it is refused again
  if (!found || !found.value() || batch_.position != front.position) return false;
  begin_batch(front.lane, track);
  put_aside(why);
  waiting_ = !parts_.done();
  return true;
}

/// Forgets what is in flight: it is read again, from the cursors on. Parts of a batch stand
/// together, so only the oldest message's may be done with in part.
void Feed::rewind() {
  for (const Lane each : {Lane::events, Lane::telemetry}) {
    LaneState& state = lane(each);
    state.ahead = log_.ahead(each);
    const auto reset = [](Track& track, const Cursor& cursor) {
      track.read = cursor.acknowledged;
      track.sent = cursor.sent;
      track.ahead = 0;
    };
    reset(state.main, log_.cursor(each));
    if (!state.ahead.empty()) reset(state.live, state.ahead.live().cursor);
  }
  in_flight_.clear();
  waiting_ = false;
}

}  // namespace fieldweir
