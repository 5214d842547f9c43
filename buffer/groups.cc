#include "buffer/groups.h"

#include <bit>
#include <cmath>

#include "buffer/forms.h"

namespace fieldweir {
namespace {

Time begin_of(Time time, Duration interval) {
  const Duration behind = (time % interval + interval) % interval;
  return static_cast<Time>(static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(behind));
}

bool is_number(Kind kind) {
  return kind == Kind::float64 || kind == Kind::int64 || kind == Kind::uint64;
}

/// With two decimals more than the least and the greatest have, or as a float32 if they are: what
/// a mean says beyond that costs room and tells nothing.
double rounded(double mean, double min, double max) {
  const auto both = [&](std::uint8_t form) {
    return form::holds(form, std::bit_cast<std::uint64_t>(min)) &&
           form::holds(form, std::bit_cast<std::uint64_t>(max));
  };
  for (std::uint8_t k = 0; k + 2 <= form::most_digits; ++k) {
    if (!both(form::divided + k) && !both(form::scaled + k)) continue;
    const auto form = static_cast<std::uint8_t>(form::divided + k + 2);
    const double shorter = form::from_decimal(form, form::to_decimal(form, mean));
    return std::abs(shorter - mean) <= 1 ? shorter : mean;  // a large one may not fit
  }
  return both(form::float32) ? static_cast<double>(static_cast<float>(mean)) : mean;
}

double mean_of(double sum, double count, double min, double max) {
  if (min == max) return min;
  return std::clamp(rounded(sum / count, min, max), min, max);
}

}  // namespace

Groups::Groups(std::size_t most) : most_(most), heads_(std::bit_ceil(most)) {
  groups_.reserve(most);
  texts_.reserve(most_texts);
}

std::size_t Groups::bytes_for(std::size_t most) {
  return most * sizeof(Group) + std::bit_ceil(most) * sizeof(std::uint32_t) +
         most_texts * sizeof(BatchText);
}

void Groups::clear(Duration interval) {
  interval_ = interval;
  groups_.clear();
  texts_.clear();
  std::fill(heads_.begin(), heads_.end(), 0);
}

bool Groups::add(const BatchRows& batch) {
  const std::size_t groups_before = groups_.size();
  const std::size_t texts_before = texts_.size();
  for (Reading reading : batch.readings)
    if (!prepare(batch, reading) || find(reading) == nullptr) {
      forget_from(groups_before, texts_before);
      return false;
    }
  for (const Reading& given : batch.readings) {
    Reading reading = given;
    prepare(batch, reading);
    Group& group = *find(reading);
    Thinned one{.count = 1};
    if (is_thinned(given)) one = batch.thinned[given.bits];
    if (!is_thinned(given)) one.min = one.max = reading.as_number();
    const bool first = group.count == 0;
    group.count += one.count;
    group.sum += reading.as_number() * one.count;
    group.min = first ? one.min : std::min(group.min, one.min);
    group.max = first ? one.max : std::max(group.max, one.max);
  }
  return true;
}

bool Groups::prepare(const BatchRows& batch, Reading& reading) {
  if (is_thinned(reading)) {
    reading.bits = batch.thinned[reading.bits].bits;
    reading.flags &= static_cast<std::uint8_t>(~thinned);
  }
  if (reading.kind == Kind::float64 && !std::isfinite(reading.as_float64())) {
    reading.quality = Quality::bad;
    reading.reason = Reason::out_of_range;
  }
  if (reading.quality == Quality::bad) {
    reading.kind = Kind::none;
    reading.bits = 0;
  }
  if (reading.kind != Kind::text) return true;
  const BatchText& text = batch.texts[reading.as_text()];
  const auto known = std::find(texts_.begin(), texts_.end(), text);
  reading.bits = static_cast<std::uint64_t>(known - texts_.begin());
  if (known != texts_.end()) return true;
  if (texts_.size() == most_texts) return false;
  texts_.push_back(text);
  return true;
}

bool Groups::same(const Group& group, const Reading& reading, Time start) const {
  const Reading& known = group.reading;
  const bool number = is_number(reading.kind);
  return known.signal == reading.signal && group.start == start &&
         known.quality == reading.quality && known.reason == reading.reason &&
         known.flags == reading.flags &&
         (number ? is_number(known.kind)
                 : known.kind == reading.kind && known.bits == reading.bits);
}

std::uint32_t& Groups::head(const Reading& reading, Time start) {
  std::uint64_t hash = reading.signal * 0x9E3779B97F4A7C15u;
  hash ^= static_cast<std::uint64_t>(start / interval_) * 0xC2B2AE3D27D4EB4Fu;
  return heads_[(hash ^ hash >> 32) & (heads_.size() - 1)];
}

/// Makes it if it is new; nullptr if there is no room.
Groups::Group* Groups::find(const Reading& reading) {
  const Time start = begin_of(reading.time, interval_);
  std::uint32_t& first = head(reading, start);
  for (std::uint32_t at = first; at != 0; at = groups_[at - 1].next)
    if (same(groups_[at - 1], reading, start)) return &groups_[at - 1];
  if (groups_.size() == most_) return nullptr;
  Group& made = groups_.emplace_back();
  made.reading = reading;
  made.start = start;
  made.next = first;
  first = static_cast<std::uint32_t>(groups_.size());
  return &made;
}

void Groups::forget_from(std::size_t groups, std::size_t texts) {
  while (groups_.size() > groups) {
    head(groups_.back().reading, groups_.back().start) = groups_.back().next;
    groups_.pop_back();
  }
  texts_.resize(texts);
}

void Groups::write(std::size_t first, std::size_t count, Time from, BatchRows& out) const {
  out.readings.clear();
  out.thinned.clear();
  for (std::size_t i = first; i < first + count; ++i) {
    const Group& group = groups_[i];
    Reading reading = group.reading;
    if (group.count > 1) {
      const bool number = is_number(reading.kind);
      Thinned& stands_for = out.thinned.emplace_back();
      stands_for.count = static_cast<std::uint32_t>(group.count);
      stands_for.bits = reading.bits;
      if (number) {
        const double mean =
            mean_of(group.sum, static_cast<double>(group.count), group.min, group.max);
        stands_for.bits = std::bit_cast<std::uint64_t>(mean);
        stands_for.min = group.min;
        stands_for.max = group.max;
        reading.kind = Kind::float64;
      }
      if (number && reading.quality == Quality::good) reading.time = std::max(group.start, from);
      reading.flags |= thinned;
      reading.bits = out.thinned.size() - 1;
    }
    out.readings.push_back(reading);
  }
}

}  // namespace fieldweir
