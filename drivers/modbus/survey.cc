#include "drivers/modbus/survey.h"

#include <algorithm>

namespace fieldweir {
namespace {

constexpr unsigned strides[] = {64, 16, 4, 1};
constexpr unsigned most_silences = 3;  // in a row, until the device counts as gone

class Surveyor {
 public:
  Surveyor(const SurveyAsk& ask, ModbusTable table, ModbusRange within, unsigned most,
           unsigned budget)
      : ask_(ask),
        table_(table),
        first_(within.first),
        size_(within.count()),
        budget_(budget),
        places_(size_, Place::unknown),
        values_(size_) {
    found_.most = most;
  }

  Survey run() {
    ask_blocks();
    for (const unsigned stride : strides) {
      if (over_) break;
      for (unsigned at = 0; at < size_ && !over_; at += stride)
        if (places_[at] == Place::unknown) look_at(at);
      if (!over_) found_.finest = stride;
    }
    if (std::ranges::find(places_, Place::unknown) == places_.end()) found_.finest = 1;
    collect();
    return std::move(found_);
  }

 private:
  enum class Place : std::uint8_t { unknown, hole, readable };

  /// One request for places [at, at + count): readable, and then remembered, or not.
  bool read(unsigned at, unsigned count) {
    if (over_ || found_.requests == budget_) {
      over_ = true;
      return false;
    }
    ++found_.requests;
    const auto address = static_cast<std::uint16_t>(first_ + at);
    const Result<ModbusAnswer> answer = ask_(table_, address, count);
    if (!answer) return silent(answer.error());
    silences_ = 0;
    if (const std::uint8_t exception = answer.value().exception; exception != 0)
      return refused(exception, at, count);
    const auto data = answer.value().data;
    for (unsigned i = 0; i < count; ++i) {
      places_[at + i] = Place::readable;
      values_[at + i] = static_cast<std::uint16_t>(
          holds_bits(table_) ? data[i / 8] >> i % 8 & 1 : data[2 * i] << 8 | data[2 * i + 1]);
    }
    return true;
  }

  bool refused(std::uint8_t exception, unsigned at, unsigned count) {
    if (exception == 1) {
      found_.exception = exception;
      over_ = true;
    }
    if (exception == 10 || exception == 11) {
      found_.ended =
          error(Reason::device_exception, "exception %u, %s", exception, exception_text(exception));
      over_ = true;
    }
    if (exception == 3 && count > 1) found_.most = std::min(found_.most, count / 2);
    if (count == 1) places_[at] = Place::hole;
    return false;
  }

  /// A device may keep silent about what it does not have; one that always does is gone.
  bool silent(const Error& why) {
    if (++silences_ >= most_silences || why.reason != Reason::timeout) {
      found_.ended = why;
      over_ = true;
    }
    return false;
  }

  void ask_blocks() {
    for (unsigned at = 0; at < size_ && !over_;) {
      const unsigned most = found_.most;
      const unsigned count = std::min(most, size_ - at);
      if (read(at, count) || found_.most == most) at += count;
    }
  }

  void look_at(unsigned at) {
    if (!read(at, 1)) {
      if (!over_) places_[at] = Place::hole;
      return;
    }
    grow_left(at);
    while (grow_right(at)) ++at;
  }

  /// Extends from the readable place `at` to the right; moves `at` to the last one reached. True if
  /// it goes on there but the next read has to be another one.
  bool grow_right(unsigned& at) {
    unsigned limit = 1;
    while (limit < found_.most && at + limit < size_ && places_[at + limit] == Place::unknown)
      ++limit;
    const unsigned reached = bisect(limit, [&](unsigned n) { return read(at, n); });
    at += reached - 1;
    const bool further = !over_ && reached == limit && limit == found_.most && limit > 1;
    return further && at + 1 < size_ && places_[at + 1] == Place::unknown && read(at + 1, 1);
  }

  void grow_left(unsigned at) {
    unsigned limit = 1;
    while (limit < found_.most && limit <= at && places_[at - limit] == Place::unknown) ++limit;
    bisect(limit, [&](unsigned n) { return read(at + 1 - n, n); });
  }

  /// The largest n from 1 to `limit` for which `good` is true, if good(1) is and it is true up to
  /// some n: doubles, then bisects.
  template <class Good>
  unsigned bisect(unsigned limit, Good good) {
    unsigned low = 1;
    unsigned high = limit + 1;  // the smallest that is known not to be good
    while (low + 1 < high && !over_) {
      const unsigned middle = high == limit + 1 ? std::min(2 * low, limit) : (low + high) / 2;
      if (good(middle))
        low = middle;
      else
        high = middle;
    }
    return low;
  }

  void collect() {
    for (unsigned at = 0; at < size_; ++at) {
      if (places_[at] != Place::readable) continue;
      if (at == 0 || places_[at - 1] != Place::readable)
        found_.islands.push_back({{static_cast<std::uint16_t>(first_ + at), 0}, {}});
      add(found_.islands.back(), static_cast<std::uint16_t>(first_ + at), values_[at]);
    }
  }

  void add(Survey::Island& island, std::uint16_t address, unsigned value) const {
    const unsigned index = address - island.range.first;
    island.range.last = address;
    if (!holds_bits(table_)) {
      island.data.push_back(static_cast<std::uint8_t>(value >> 8));
      island.data.push_back(static_cast<std::uint8_t>(value));
      return;
    }
    if (index % 8 == 0) island.data.push_back(0);
    island.data.back() = static_cast<std::uint8_t>(island.data.back() | value << index % 8);
  }

  const SurveyAsk& ask_;
  const ModbusTable table_;
  const unsigned first_;
  const unsigned size_;
  const unsigned budget_;
  std::vector<Place> places_;
  std::vector<std::uint16_t> values_;
  unsigned silences_ = 0;
  bool over_ = false;
  Survey found_;
};

}  // namespace

Survey survey(const SurveyAsk& ask, ModbusTable table, ModbusRange within, unsigned most,
              unsigned budget) {
  return Surveyor(ask, table, within, most, budget).run();
}

}  // namespace fieldweir
