#include "uplink/formats/format.h"

#include <algorithm>
#include <array>

#include "core/check.h"
#include "uplink/formats/cloudevents.h"
#include "uplink/formats/influx.h"
#include "uplink/formats/json.h"
#include "uplink/formats/json_flat.h"
#include "uplink/formats/senml.h"
#include "uplink/formats/sparkplug_b.h"

namespace fieldweir {

std::span<const Format> formats() {
  static constexpr std::array all = {
      Format{.name = "json",
             .content_type = "application/json",
             .size_max = json_size_max,
             .write = write_json,
             .lines_type = "application/x-ndjson"},
      Format{"json_flat", "application/json", json_flat_size_max, write_json_flat},
      Format{"influx", "text/plain; charset=utf-8", influx_size_max, write_influx, "Token",
             "text/plain; charset=utf-8"},
      Format{"senml", "application/senml+json", senml_size_max, write_senml},
      Format{"cloudevents", "application/cloudevents+json", cloudevents_size_max,
             write_cloudevents},
      Format{.name = "sparkplug_b",
             .content_type = "application/x-protobuf",
             .size_max = sparkplug_b_size_max,
             .write = write_sparkplug_b,
             .of_session = true},
  };
  return all;
}

const Format& find_format(std::string_view name) {
  const auto found = std::ranges::find(formats(), name, &Format::name);
  FIELDWEIR_CHECK(found != formats().end());
  return *found;
}

}  // namespace fieldweir
