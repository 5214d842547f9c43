#include "uplink/uplinks.h"

#include <algorithm>
#include <array>

#include "uplink/formats/format.h"
#include "uplink/https.h"
#ifdef FIELDWEIR_KAFKA
#include "uplink/kafka.h"
#endif
#ifdef FIELDWEIR_KINESIS
#include "uplink/kinesis.h"
#endif
#include "uplink/mqtt.h"

namespace fieldweir {

std::span<const UplinkKind> uplink_kinds() {
  static const std::array kinds = {
      mqtt_uplink(),
      https_uplink(),
#ifdef FIELDWEIR_KAFKA
      kafka_uplink(),
#endif
#ifdef FIELDWEIR_KINESIS
      kinesis_uplink(),
#endif
  };
  return kinds;
}

bool read_available(const config::Node& node, std::span<const std::string_view> available,
                    std::span<const std::string_view> later, std::string& out,
                    config::Mistakes& mistakes) {
  std::vector<std::string_view> names(available.begin(), available.end());
  names.insert(names.end(), later.begin(), later.end());
  std::size_t index = 0;
  if (!config::read_choice(node, names, index, mistakes)) return false;
  if (index >= available.size()) {
    mistakes.add(node.place,
                 "'" + std::string(names[index]) + "' is not available in this version");
    return false;
  }
  out = names[index];
  return true;
}

bool read_any_format(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::vector<std::string_view> names;
  for (const Format& format : formats()) names.push_back(format.name);
  return read_available(node, names, {}, out, mistakes);
}

bool read_format(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string format;
  if (!read_any_format(node, format, mistakes)) return false;
  if (find_format(format).of_session) {
    mistakes.add(node.place, "'" + format + "' is for mqtt uplinks only");
    return false;
  }
  out = std::move(format);
  return true;
}

bool read_order(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  static constexpr std::array<std::string_view, 1> available = {"oldest_first"};
  static constexpr std::array<std::string_view, 1> later = {"live_first"};
  return read_available(node, available, later, out, mistakes);
}

}  // namespace fieldweir
