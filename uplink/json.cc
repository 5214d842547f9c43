#include "uplink/json.h"

#include <charconv>
#include <cstring>

#include "uplink/json_text.h"

namespace fieldweir {
namespace {

constexpr std::size_t number_max = json_number_max;
constexpr std::size_t name_max = json_text_growth * SignalName::capacity();
// with literals and three short words, generously: what closes the message fits into the rest
constexpr std::size_t reading_max = name_max + json_value_max + number_max + 100;
constexpr std::size_t gap_max = 3 * number_max + 100;
constexpr std::size_t envelope_max = 8 * number_max + 200;

/// Writes where the caller has made sure of room.
class Writer {
 public:
  explicit Writer(std::span<char> out) : at_(out.data()), end_(out.data() + out.size()) {}

  bool has_room(std::size_t bytes) const { return static_cast<std::size_t>(end_ - at_) >= bytes; }
  char* at() const { return at_; }

  template <std::size_t N>
  Writer& literal(const char (&text)[N]) {
    std::memcpy(at_, text, N - 1);
    at_ += N - 1;
    return *this;
  }
  /// One of our own words, which need no escaping.
  Writer& word(std::string_view word) {
    std::memcpy(at_, word.data(), word.size());
    at_ += word.size();
    return *this;
  }
  template <class T>
  Writer& number(T value) {
    at_ = std::to_chars(at_, at_ + number_max, value).ptr;
    return *this;
  }
  Writer& hex8(std::uint32_t value) {
    for (int shift = 28; shift >= 0; shift -= 4) *at_++ = "0123456789abcdef"[(value >> shift) & 15];
    return *this;
  }
  Writer& text(std::string_view text) {
    at_ = write_json_text(text, at_);
    return *this;
  }
  Writer& value(const Reading& reading, std::string_view text) {
    at_ = write_json_value(reading, text, at_);
    return *this;
  }
  Writer& milliseconds(Time time) {
    return number(time / millisecond - (time % millisecond < 0 ? 1 : 0));
  }
  Writer& place(Position position) {
    return literal("[").number(position.epoch).literal(",").number(position.seq).literal("]");
  }
  /// For a comma too many, after a list's last item.
  void take_back() { --at_; }

 private:
  char* at_;
  char* end_;
};

void write_reading(Writer& to, const DecodedBatch& batch, const Reading& given) {
  const Reading reading = sayable_in_json(given);
  to.literal("{\"ts\":").milliseconds(reading.time);
  to.literal(",\"signal\":\"").text(batch.name(reading.signal)).literal("\",\"value\":");
  to.value(reading,
           reading.kind == Kind::text ? batch.text(reading.as_text()) : std::string_view());
  if (reading.quality == Quality::good) {
    to.literal(",\"quality\":\"good\"},");
    return;
  }
  to.literal(",\"quality\":\"").word(to_string(reading.quality));
  to.literal("\",\"reason\":\"").word(to_string(reading.reason)).literal("\"},");
}

void write_gap(Writer& to, const Gap& gap) {
  to.literal("{\"gap\":{\"from\":").milliseconds(gap.from);
  to.literal(",\"to\":").milliseconds(gap.to).literal(",\"readings\":");
  if (gap.readings == Gap::unknown)
    to.literal("null");
  else
    to.number(gap.readings);
  to.literal(",\"reason\":\"").word(to_string(gap.reason)).literal("\"}},");
}

void write_envelope(Writer& to, const DecodedBatch& batch, const JsonEnvelope& envelope) {
  to.literal("{\"v\":1,\"gateway\":\"").text(envelope.gateway);
  to.literal("\",\"stream\":\"").hex8(batch.position.stream);
  to.literal("\",\"epoch\":").number(batch.position.epoch);
  to.literal(",\"lane\":\"").word(to_string(batch.lane));
  to.literal("\",\"seq\":").number(batch.position.seq).literal(",\"prev\":");
  if (envelope.prev.epoch == 0)
    to.literal("null");
  else
    to.place(envelope.prev);
  if (batch.replaces_from != batch.position)
    to.literal(",\"replaces\":[")
        .place(batch.replaces_from)
        .literal(",")
        .place(batch.position)
        .literal("]");
  if (!batch.clock_synchronised) to.literal(",\"clock\":\"unsynchronised\"");
  if (envelope.historical) to.literal(",\"historical\":true");
}

}  // namespace

std::size_t json_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway) {
  return envelope_max + json_text_growth * gateway.size() + readings * reading_max + gaps * gap_max;
}

std::size_t write_json(const DecodedBatch& batch, const JsonEnvelope& envelope,
                       std::span<char> out) {
  Writer to(out);
  if (!to.has_room(json_size_max(0, batch.gaps.size(), envelope.gateway))) return 0;
  write_envelope(to, batch, envelope);
  to.literal(",\"readings\":[");
  for (const Gap& gap : batch.gaps) write_gap(to, gap);
  for (const Reading& reading : batch.readings) {
    if (!to.has_room(reading_max)) return 0;
    write_reading(to, batch, reading);
  }
  if (!batch.gaps.empty() || !batch.readings.empty()) to.take_back();
  to.literal("]}");
  return static_cast<std::size_t>(to.at() - out.data());
}

}  // namespace fieldweir
