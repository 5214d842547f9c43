// sparkplug_metric: a reading as a metric of Sparkplug B, in data and in births. Pure.
// Source: Eclipse Sparkplug 3.0.0, section 6.4, and sparkplug_b.proto of Eclipse Tahu.
//
//   name         the signal's name behind its device, '/' for '.': boiler.circuit.temp is
//                circuit/temp of the device boiler
//   timestamp    ms since 1970; what is earlier is 0
//   datatype     Double, Int64, UInt64, Boolean or String, always
//   is_null      of a bad reading, and of a value that nobody knows yet
//   properties   unless good: Quality 0 (bad) or 500 (uncertain), and reason. In births: engUnit.
//                Of a thinned reading: min, max, count, span_ms
#pragma once

#include <string_view>

#include "buffer/log_reader.h"
#include "uplink/formats/protobuf.h"

namespace fieldweir {

/// Field numbers of a payload.
namespace sparkplug {
inline constexpr unsigned timestamp = 1, metrics = 2, seq = 3, uuid = 4, body = 5;
}  // namespace sparkplug

struct SparkplugMetric {
  std::string_view name;  // behind the device
  Kind kind;              // the signal's; what a value has goes before
  Reading reading;
  std::string_view text;  // of a reading whose kind is text
  std::string_view unit = {};
  bool historical = false;
  const Thinned* thinned = nullptr;
  Duration span = 0;  // of a thinned one
};

/// Room that suffices for one.
inline constexpr std::size_t sparkplug_metric_max = 1000;

void write_sparkplug_metric(const SparkplugMetric& metric, ProtobufWriter& to);

/// "boiler.circuit.temp": "boiler" and "circuit.temp".
std::string_view sparkplug_device(std::string_view signal);
std::string_view sparkplug_name(std::string_view signal);

/// In ms, never before 1970.
std::uint64_t sparkplug_time(Time time);

/// Marks the metrics of a written payload that are older than `than`, in place.
void mark_historical(std::span<char> payload, Time than);

/// Whether a payload of NCMD asks for "Node Control/Rebirth".
bool asks_for_rebirth(std::span<char> payload);

}  // namespace fieldweir
