#include "buffer/batcher.h"

#include <algorithm>

namespace fieldweir {
namespace {

// {"ts":1767225600123,"signal":"","value":-1234.56,"quality":"good"}, without the name
constexpr std::size_t json_reading = 70;
constexpr std::size_t json_reason = 30;
constexpr std::size_t json_envelope = 160;

}  // namespace

Batcher::Batcher(const BatchSettings& settings, Run run, const SignalTable& signals,
                 const TextTable& texts, Tail& tail)
    : settings_(settings),
      run_(run),
      signals_(signals),
      texts_(texts),
      tail_(tail),
      encoder_(static_cast<std::size_t>(settings.rows), signals.size()) {
  for (Open& open : open_) {
    open.readings.reserve(static_cast<std::size_t>(settings.rows));
    open.texts.reserve(most_texts);
    open.text_ids.reserve(most_texts);
  }
}

std::size_t Batcher::bytes_for(const BatchSettings& settings, std::size_t signals) {
  const auto rows = static_cast<std::size_t>(settings.rows);
  return Encoder::bytes_for(rows, signals) +
         lane_count * (rows * sizeof(Reading) + most_texts * (sizeof(BatchText) + 4));
}

void Batcher::add(std::span<const Reading> readings, Time now) {
  for (const Reading& reading : readings) add(signals_[reading.signal].lane, reading, now);
}

void Batcher::add(Lane lane, Reading reading, Time now) {
  Open& open = open_[static_cast<std::size_t>(lane)];
  const std::size_t bytes = json_bytes(reading);
  if (open.bytes + bytes > settings_.bytes && !open.readings.empty()) close(lane, now);
  if (reading.kind == Kind::text) {
    auto known = std::find(open.text_ids.begin(), open.text_ids.end(), reading.as_text());
    if (known == open.text_ids.end() && open.texts.size() == most_texts) {
      close(lane, now);
      known = open.text_ids.end();
    }
    if (known == open.text_ids.end()) {
      open.texts.emplace_back(texts_[reading.as_text()]);
      open.text_ids.push_back(reading.as_text());
      known = open.text_ids.end() - 1;
    }
    reading.bits = static_cast<std::uint64_t>(known - open.text_ids.begin());
  }
  if (open.empty()) open.opened = now;
  open.bytes += bytes;
  open.readings.push_back(reading);
  if (open.readings.size() == static_cast<std::size_t>(settings_.rows)) close(lane, now);
}

std::size_t Batcher::json_bytes(const Reading& reading) const {
  return json_reading + signals_[reading.signal].name.size() +
         (reading.kind == Kind::text ? texts_[reading.as_text()].size() : 0) +
         (reading.quality == Quality::good ? 0 : json_reason);
}

void Batcher::lost(Reason reason, Time from, Time to, std::uint64_t readings) {
  Open& open = open_[static_cast<std::size_t>(Lane::telemetry)];
  if (open.empty()) open.opened = to;
  open.gaps.add(Gap{from, to, readings, reason});
}

Time Batcher::tick(Time now) {
  Time next = never;
  for (int i = 0; i < lane_count; ++i) {
    Open& open = open_[static_cast<std::size_t>(i)];
    if (!open.empty() && now - open.opened >= settings_.every) close(static_cast<Lane>(i), now);
    if (!open.empty()) next = std::min(next, open.opened + settings_.every);
  }
  return next;
}

void Batcher::flush(Time now) {
  for (int i = 0; i < lane_count; ++i)
    if (!open_[static_cast<std::size_t>(i)].empty()) close(static_cast<Lane>(i), now);
}

void Batcher::close(Lane lane, Time now) {
  Open& open = open_[static_cast<std::size_t>(lane)];
  if (Slot* slot = tail_.take(lane)) {
    BatchHeader& header = slot->header;
    header.lane = lane;
    header.position = header.replaces_from = {run_.stream, run_.epoch, ++open.seq};
    header.clock_synchronised = run_.true_clock;
    header.rows = 0;
    header.gaps = open.gaps;
    slot->size = encoder_.encode(header, open.readings, open.texts, slot->room);
    tail_.publish(*slot, now);
    open.gaps.clear();
    for (Doorbell* doorbell : doorbells_) doorbell->ring();
  } else if (!open.readings.empty()) {
    const auto [first, last] =
        std::minmax_element(open.readings.begin(), open.readings.end(),
                            [](const Reading& a, const Reading& b) { return a.time < b.time; });
    Gap gap{first->time, last->time, open.readings.size(), Reason::tail_full};
    for (const Reading& reading : open.readings) gap.signals.add(signals_[reading.signal].name);
    open.gaps.add(gap);
    tail_.refused(open.readings.size());
  }
  open.opened = now;
  open.bytes = json_envelope;
  open.readings.clear();
  open.texts.clear();
  open.text_ids.clear();
}

}  // namespace fieldweir
