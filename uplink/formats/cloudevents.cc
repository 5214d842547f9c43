#include "uplink/formats/cloudevents.h"

#include <chrono>

#include "uplink/formats/json.h"
#include "uplink/formats/writer.h"

namespace fieldweir {
namespace {

constexpr std::size_t head_max = 6 * number_max + 300;

Writer& write_digits(Writer& to, unsigned value, unsigned digits) {
  for (unsigned unit = digits == 4 ? 1000 : digits == 3 ? 100 : 10; unit > 0; unit /= 10)
    to.byte(static_cast<char>('0' + value / unit % 10));
  return to;
}

/// As RFC 3339 has it. 64 bits of nanoseconds are the years 1677 to 2262.
void write_date(Writer& to, Time time) {
  using namespace std::chrono;
  const sys_time<std::chrono::nanoseconds> when{std::chrono::nanoseconds(time)};
  const auto day = floor<days>(when);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<std::chrono::milliseconds>(when) - day};
  const auto two = [&](auto value) -> Writer& {
    return write_digits(to, static_cast<unsigned>(value), 2);
  };
  write_digits(to, static_cast<unsigned>(static_cast<int>(date.year())), 4).byte('-');
  two(static_cast<unsigned>(date.month())).byte('-');
  two(static_cast<unsigned>(date.day())).byte('T');
  two(clock.hours().count()).byte(':');
  two(clock.minutes().count()).byte(':');
  two(clock.seconds().count()).byte('.');
  write_digits(to, static_cast<unsigned>(clock.subseconds().count()), 3).byte('Z');
}

}  // namespace

std::size_t cloudevents_size_max(std::size_t readings, std::size_t gaps, std::string_view gateway) {
  return head_max + json_text_growth * gateway.size() + json_size_max(readings, gaps, gateway);
}

std::size_t write_cloudevents(const DecodedBatch& batch, const Envelope& envelope,
                              std::span<char> out) {
  Writer to(out);
  if (!to.has_room(head_max + json_text_growth * envelope.gateway.size())) return 0;
  const std::string_view lane = to_string(batch.lane);
  to.literal("{\"specversion\":\"1.0\",\"id\":\"").hex8(batch.position.stream).literal("/");
  to.number(batch.position.epoch).literal("/").word(lane).literal("/").number(batch.position.seq);
  if (envelope.part.of > 1) {
    to.literal("/").number(envelope.part.number);
    to.literal("/").number(envelope.part.of);
  }
  to.literal("\",\"source\":\"fieldweir/").text(envelope.gateway);
  to.literal("\",\"type\":\"fieldweir.batch.v1\",\"subject\":\"").word(lane).literal("\"");
  if (batch.clock_synchronised && !batch.readings.empty()) {
    write_date(to.literal(",\"time\":\""), batch.readings.back().time);
    to.literal("\"");
  }
  to.literal(",\"datacontenttype\":\"application/json\",\"data\":");
  const std::size_t data = write_json(batch, envelope, to.rest());
  if (data == 0) return 0;
  to.advance(data);
  if (!to.has_room(1)) return 0;
  to.literal("}");
  return to.size();
}

}  // namespace fieldweir
