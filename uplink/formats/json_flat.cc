#include "uplink/formats/json_flat.h"

#include <algorithm>

#include "uplink/formats/writer.h"

namespace fieldweir {
namespace {

// literals and short words are counted generously
constexpr std::size_t key_max = 6 * number_max + 180;
constexpr std::size_t first_row_max = 4 * number_max + 80;
constexpr std::size_t reading_max =
    json_text_growth * (SignalName::capacity() + UnitName::capacity()) + json_value_max +
    3 * number_max + 180;
constexpr std::size_t gap_max = 3 * number_max + 140 + json_text_growth * GapSignals::capacity;

std::size_t row_max(std::string_view gateway) {
  return key_max + json_text_growth * gateway.size() + std::max(reading_max, gap_max);
}

class Rows {
 public:
  Rows(const DecodedBatch& batch, const Envelope& envelope, std::span<char> out)
      : batch_(batch), envelope_(envelope), to_(out) {}

  std::size_t write() {
    const std::size_t row = row_max(envelope_.gateway);
    if (!to_.has_room(first_row_max + row)) return 0;
    to_.literal("[");
    for (const Gap& gap : batch_.gaps) {
      if (!to_.has_room(first_row_max + row)) return 0;
      write_gap(gap);
    }
    for (const Reading& reading : batch_.readings) {
      if (!to_.has_room(first_row_max + row)) return 0;
      write_reading(sayable_in_json(batch_.with_value(reading)), batch_.thinned_of(reading));
    }
    if (row_ > 0) to_.take_back();
    to_.literal("]");
    return to_.size();
  }

 private:
  /// What all rows begin with is written once.
  void begin_row() {
    if (row_ == 0) {
      const char* const begin = to_.at();
      write_key();
      key_ = {begin, to_.at()};
    } else {
      to_.word(key_);
    }
    to_.number(row_);
    if (row_++ == 0) write_place_of_batch();
    to_.literal(",\"ts\":");
  }

  void write_key() {
    to_.literal("{\"gateway\":\"").text(envelope_.gateway);
    to_.literal("\",\"stream\":\"").hex8(batch_.position.stream);
    to_.literal("\",\"epoch\":").number(batch_.position.epoch);
    to_.literal(",\"lane\":\"").word(to_string(batch_.lane));
    to_.literal("\",\"seq\":").number(batch_.position.seq);
    if (!batch_.clock_synchronised) to_.literal(",\"clock\":\"unsynchronised\"");
    if (envelope_.historical) to_.literal(",\"historical\":true");
    if (envelope_.part.of > 1) {
      to_.literal(",\"part\":").number(envelope_.part.number);
      to_.literal(",\"parts\":").number(envelope_.part.of);
    }
    to_.literal(",\"row\":");
  }

  void write_place_of_batch() {
    if (envelope_.prev.epoch != 0) {
      to_.literal(",\"prev_epoch\":").number(envelope_.prev.epoch);
      to_.literal(",\"prev_seq\":").number(envelope_.prev.seq);
    }
    if (batch_.replaces_from != batch_.position) {
      to_.literal(",\"replaces_epoch\":").number(batch_.replaces_from.epoch);
      to_.literal(",\"replaces_seq\":").number(batch_.replaces_from.seq);
    }
  }

  void write_gap(const Gap& gap) {
    begin_row();
    to_.milliseconds(gap.from).literal(",\"gap_to\":").milliseconds(gap.to);
    to_.literal(",\"gap_readings\":");
    if (gap.readings == Gap::unknown)
      to_.literal("null");
    else
      to_.number(gap.readings);
    to_.literal(",\"gap_reason\":\"").word(to_string(gap.reason)).literal("\"");
    if (gap.signals.known()) to_.literal(",\"gap_signals\":\"").texts(gap.signals).literal("\"");
    to_.literal("},");
  }

  void write_reading(const Reading& reading, const Thinned* thinned) {
    begin_row();
    to_.milliseconds(reading.time);
    to_.literal(",\"signal\":\"").text(batch_.name(reading.signal)).literal("\",\"value\":");
    to_.value(batch_, reading);
    if (thinned != nullptr) write_thinned(reading, *thinned);
    if (const std::string_view unit = batch_.unit(reading.signal); !unit.empty())
      to_.literal(",\"unit\":\"").text(unit).literal("\"");
    to_.literal(",\"quality\":\"").word(to_string(reading.quality));
    if (reading.quality != Quality::good)
      to_.literal("\",\"reason\":\"").word(to_string(reading.reason));
    to_.literal("\"},");
  }

  void write_thinned(const Reading& reading, const Thinned& thinned) {
    if (has_range(reading))
      to_.literal(",\"min\":").number(thinned.min).literal(",\"max\":").number(thinned.max);
    to_.literal(",\"count\":").number(thinned.count);
    to_.literal(",\"span_ms\":").number(batch_.interval / millisecond);
    to_.literal(",\"thinned\":true");
  }

  const DecodedBatch& batch_;
  const Envelope& envelope_;
  Writer to_;
  std::string_view key_;
  std::size_t row_ = 0;
};

}  // namespace

std::size_t json_flat_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway) {
  return first_row_max + (readings + gaps + 1) * row_max(gateway);
}

std::size_t write_json_flat(const DecodedBatch& batch, const Envelope& envelope,
                            std::span<char> out) {
  return Rows(batch, envelope, out).write();
}

}  // namespace fieldweir
