#include "uplink/formats/sparkplug_metric.h"

#include <algorithm>

#include "uplink/formats/json_text.h"
#include "uplink/formats/utf8.h"

namespace fieldweir {
namespace {

constexpr unsigned metric_name = 1, metric_timestamp = 3, datatype = 4, is_historical = 5,
                   is_null = 7, properties = 9, value_long = 11, value_double = 13,
                   value_boolean = 14, value_string = 15;
constexpr unsigned type_int32 = 3, type_int64 = 4, type_uint64 = 8, type_double = 10,
                   type_boolean = 11, type_string = 12;
constexpr std::uint64_t quality_bad = 0, quality_stale = 500;

unsigned type_of(Kind kind) {
  switch (kind) {
    case Kind::float64:
      return type_double;
    case Kind::int64:
      return type_int64;
    case Kind::uint64:
      return type_uint64;
    case Kind::boolean:
      return type_boolean;
    case Kind::text:
    case Kind::none:
      break;
  }
  return type_string;
}

/// As UTF-8, each byte that is not as U+FFFD; '/' for '.' where levels are told apart.
void write_text(ProtobufWriter& to, unsigned field, std::string_view text, bool levels = false) {
  const auto open = to.begin(field);
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    std::string_view piece = length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length);
    if (levels && piece == ".") piece = "/";
    std::ranges::copy(piece, to.rest().begin());
    to.advance(piece.size());
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  to.end(open);
}

/// PropertySet: keys and values stand in two lists of equal order.
class Properties {
 public:
  explicit Properties(ProtobufWriter& to) : to_(to), open_(to.begin(properties)) {}
  ~Properties() { to_.end(open_); }
  Properties(const Properties&) = delete;
  Properties& operator=(const Properties&) = delete;

  void quality(std::uint64_t code) {
    add("Quality", type_int32, [&] { to_.integer(3, code); });
  }
  void text(std::string_view key, std::string_view text) {
    add(key, type_string, [&] { write_text(to_, 8, text); });
  }
  void number(std::string_view key, double value) {
    add(key, type_double, [&] { to_.number(6, value); });
  }
  void count(std::string_view key, std::uint64_t value) {
    add(key, type_uint64, [&] { to_.integer(4, value); });
  }

 private:
  template <class Value>
  void add(std::string_view key, unsigned type, Value write_value) {
    to_.text(1, key);
    const auto value = to_.begin(2);
    to_.integer(1, type);
    write_value();
    to_.end(value);
  }

  ProtobufWriter& to_;
  const ProtobufWriter::Open open_;
};

void write_properties(const SparkplugMetric& metric, const Reading& reading, ProtobufWriter& to) {
  const bool good = reading.quality == Quality::good;
  if (good && metric.unit.empty() && metric.thinned == nullptr) return;
  Properties set(to);
  if (!metric.unit.empty()) set.text("engUnit", metric.unit);
  if (!good) {
    set.quality(reading.quality == Quality::bad ? quality_bad : quality_stale);
    set.text("reason", to_string(reading.reason));
  }
  if (metric.thinned == nullptr) return;
  if (has_range(metric.reading)) {
    set.number("min", metric.thinned->min);
    set.number("max", metric.thinned->max);
  }
  set.count("count", metric.thinned->count);
  set.count("span_ms", static_cast<std::uint64_t>(metric.span / millisecond));
}

void write_value(const Reading& reading, std::string_view text, ProtobufWriter& to) {
  switch (reading.kind) {
    case Kind::float64:
      return to.number(value_double, reading.as_float64());
    case Kind::int64:
    case Kind::uint64:
      return to.integer(value_long, reading.bits);
    case Kind::boolean:
      return to.integer(value_boolean, reading.as_boolean() ? 1 : 0);
    case Kind::text:
      return write_text(to, value_string, text);
    case Kind::none:
      return to.integer(is_null, 1);
  }
}

}  // namespace

std::string_view sparkplug_device(std::string_view signal) {
  return signal.substr(0, signal.find('.'));
}

std::string_view sparkplug_name(std::string_view signal) {
  return signal.substr(std::min(signal.size(), sparkplug_device(signal).size() + 1));
}

std::uint64_t sparkplug_time(Time time) {
  return static_cast<std::uint64_t>(std::max<Time>(time, 0) / millisecond);
}

void write_sparkplug_metric(const SparkplugMetric& metric, ProtobufWriter& to) {
  const Reading reading = sayable_in_json(metric.reading);
  const auto open = to.begin(sparkplug::metrics);
  to.integer(is_historical, metric.historical ? 1 : 0);  // first, for mark_historical
  to.integer(metric_timestamp, sparkplug_time(reading.time));
  write_text(to, metric_name, metric.name, true);
  to.integer(datatype, type_of(reading.kind == Kind::none ? metric.kind : reading.kind));
  write_properties(metric, reading, to);
  write_value(reading, metric.text, to);
  to.end(open);
}

void mark_historical(std::span<char> payload, Time than) {
  ProtobufReader fields(payload);
  while (const auto metric = fields.next()) {
    if (metric->number != sparkplug::metrics || metric->bytes.size() < 2) continue;
    ProtobufReader inner(metric->bytes);
    const auto mark = inner.next();
    const auto time = inner.next();
    if (mark && time && mark->number == is_historical && time->number == metric_timestamp &&
        time->integer < sparkplug_time(than))
      metric->bytes[1] = 1;
  }
}

bool asks_for_rebirth(std::span<char> payload) {
  ProtobufReader fields(payload);
  while (const auto metric = fields.next()) {
    if (metric->number != sparkplug::metrics) continue;
    bool named = false, wanted = false;
    ProtobufReader inner(metric->bytes);
    while (const auto field = inner.next()) {
      const std::string_view text(field->bytes.data(), field->bytes.size());
      if (field->number == metric_name) named = text == "Node Control/Rebirth";
      if (field->number == value_boolean) wanted = field->integer != 0;
    }
    if (named && wanted) return true;
  }
  return false;
}

}  // namespace fieldweir
