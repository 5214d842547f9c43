#include "uplink/formats/senml.h"

#include <algorithm>

#include "uplink/formats/writer.h"

namespace fieldweir {
namespace {

constexpr std::size_t name_growth = 3;
constexpr std::size_t seconds_max = 24;
// a record beside its value, generously
constexpr std::size_t record_max = name_growth * SignalName::capacity() + seconds_max + 80;
constexpr std::size_t reading_max = 2 * record_max + json_value_max;
constexpr std::size_t thinned_max = 5 * (record_max + number_max) + json_value_max;
// there are at most two fifths as many thinned ones
static_assert(thinned_max * 2 <= reading_max * 5);
constexpr std::size_t gap_max =
    4 * (seconds_max + 80) + 2 * number_max + json_text_growth * GapSignals::capacity;
constexpr std::size_t envelope_max = 8 * number_max + 450;

/// As SenML can say it, see the header.
Time sayable(Time time) {
  constexpr Time relative_below = (Time{1} << 28) * second;
  return time < relative_below ? std::max<Time>(time, 0) + relative_below : time;
}

void write_name(Writer& to, std::string_view name) {
  for (const char c : name) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (allowed) {
      to.byte(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view digits = "0123456789abcdef";
    to.byte(':').byte(digits[byte >> 4]).byte(digits[byte & 15]);
  }
}

/// `to` - `from` in seconds, exactly.
Writer& write_seconds(Writer& out, Time to, Time from) {
  // in unsigned numbers, which hold the difference of any two times
  std::uint64_t size = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  if (to < from) {
    out.byte('-');
    size = 0 - size;
  }
  out.number(size / second);
  std::uint64_t fraction = size % second;
  if (fraction == 0) return out;
  out.byte('.');
  for (std::uint64_t digit = second / 10; fraction > 0; digit /= 10) {
    out.byte(static_cast<char>('0' + fraction / digit));
    fraction %= digit;
  }
  return out;
}

std::string_view label(const Reading& reading) {
  if (reading.kind == Kind::boolean) return ",\"vb\":";
  return reading.kind == Kind::text || beyond_double(reading) ? ",\"vs\":" : ",\"v\":";
}

class Pack {
 public:
  Pack(const DecodedBatch& batch, const Envelope& envelope, std::span<char> out)
      : batch_(batch), envelope_(envelope), to_(out), base_(base_of(batch)) {}

  std::size_t write() {
    if (!to_.has_room(senml_size_max(0, batch_.gaps.size(), envelope_.gateway))) return 0;
    write_batch();
    for (const Gap& gap : batch_.gaps) write_gap(gap);
    for (const Reading& reading : batch_.readings) {
      if (!to_.has_room(is_thinned(reading) ? thinned_max : reading_max)) return 0;
      write_reading(sayable_in_json(batch_.with_value(reading)));
      if (is_thinned(reading)) write_thinned(reading, *batch_.thinned_of(reading));
    }
    to_.take_back();
    to_.literal("]");
    return to_.size();
  }

 private:
  static Time base_of(const DecodedBatch& batch) {
    if (!batch.readings.empty()) return sayable(batch.readings.front().time);
    return sayable(batch.gaps.empty() ? 0 : batch.gaps.front().from);
  }

  void write_batch() {
    to_.literal("[{\"bn\":\"fieldweir/");
    write_name(to_, envelope_.gateway);
    write_seconds(to_.literal("/\",\"bt\":"), base_, 0).literal(",\"n\":\"");
    to_.word(to_string(batch_.lane)).literal("/position\",\"vs\":\"");
    to_.hex8(batch_.position.stream).literal("/");
    write_place(batch_.position);
    if (envelope_.prev.epoch != 0) {
      begin_of_batch("/prev\",\"vs\":\"");
      write_place(envelope_.prev);
    }
    if (batch_.replaces_from != batch_.position) {
      begin_of_batch("/replaces\",\"vs\":\"");
      write_place(batch_.replaces_from);
    }
    if (!batch_.clock_synchronised) begin_of_batch("/clock\",\"vs\":\"unsynchronised\"},");
    if (envelope_.historical) begin_of_batch("/historical\",\"vb\":true},");
    if (envelope_.part.of > 1) {
      begin_of_batch("/part\",\"vs\":\"");
      to_.number(envelope_.part.number).literal("/").number(envelope_.part.of).literal("\"},");
    }
  }
  void begin_of_batch(std::string_view rest) {
    to_.literal("{\"n\":\"").word(to_string(batch_.lane)).word(rest);
  }
  void write_place(Position position) {
    to_.number(position.epoch).literal("/").number(position.seq).literal("\"},");
  }
  void write_time(Time time) {
    if (const Time said = sayable(time); said != base_)
      write_seconds(to_.literal(",\"t\":"), said, base_);
  }

  void write_gap(const Gap& gap) {
    begin_of_batch("/gap\"");
    write_time(gap.from);
    to_.literal(",\"vs\":\"").word(to_string(gap.reason)).literal("\"},");
    begin_of_batch("/gap/to\"");
    write_time(gap.from);
    write_seconds(to_.literal(",\"v\":"), sayable(gap.to), 0).literal("},");
    if (gap.signals.known()) {
      begin_of_batch("/gap/signals\"");
      write_time(gap.from);
      to_.literal(",\"vs\":\"").texts(gap.signals).literal("\"},");
    }
    if (gap.readings == Gap::unknown) return;
    begin_of_batch("/gap/readings\"");
    write_time(gap.from);
    to_.literal(",\"v\":").number(gap.readings).literal("},");
  }

  void write_reading(const Reading& reading) {
    if (reading.kind != Kind::none) write_value(reading);
    if (reading.quality == Quality::good && reading.kind != Kind::none) return;
    to_.literal("{\"n\":\"");
    write_name(to_, batch_.name(reading.signal));
    to_.literal("/").word(to_string(reading.quality)).literal("\"");
    write_time(reading.time);
    to_.literal(",\"vs\":\"").word(to_string(reading.reason)).literal("\"},");
  }

  void write_thinned(const Reading& reading, const Thinned& thinned) {
    if (has_range(reading)) {
      begin_of_reading(reading, "/min\"").number(thinned.min).literal("},");
      begin_of_reading(reading, "/max\"").number(thinned.max).literal("},");
    }
    begin_of_reading(reading, "/count\"").number(thinned.count).literal("},");
    write_seconds(begin_of_reading(reading, "/span\",\"u\":\"s\""), batch_.interval, 0);
    to_.literal("},");
  }
  Writer& begin_of_reading(const Reading& reading, std::string_view rest) {
    write_name(to_.literal("{\"n\":\""), batch_.name(reading.signal));
    to_.word(rest);
    write_time(reading.time);
    return to_.literal(",\"v\":");
  }

  void write_value(const Reading& reading) {
    write_name(to_.literal("{\"n\":\""), batch_.name(reading.signal));
    to_.literal("\"");
    if (const std::string_view unit = senml_unit(batch_.unit(reading.signal)); !unit.empty())
      to_.literal(",\"u\":\"").word(unit).literal("\"");
    write_time(reading.time);
    to_.word(label(reading)).value(batch_, reading).literal("},");
  }

  const DecodedBatch& batch_;
  const Envelope& envelope_;
  Writer to_;
  const Time base_;  // of all `t`
};

}  // namespace

std::size_t senml_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway) {
  // the least that a thinned batch may need is one reading
  return envelope_max + name_growth * gateway.size() + readings * reading_max + gaps * gap_max +
         thinned_max;
}

std::size_t write_senml(const DecodedBatch& batch, const Envelope& envelope, std::span<char> out) {
  return Pack(batch, envelope, out).write();
}

}  // namespace fieldweir
