#include "uplink/uplinks.h"

#include <algorithm>
#include <array>
#include <charconv>

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

namespace {

/// "1:1"
bool read_share(const config::Node& node, BacklogShare& out, config::Mistakes& mistakes) {
  std::string text;
  if (!config::read_text(node, text, mistakes)) return false;
  BacklogShare share{0, 0};
  const char* const end = text.data() + text.size();
  const auto backlog = std::from_chars(text.data(), end, share.backlog);
  if (backlog.ec == std::errc() && backlog.ptr != end && *backlog.ptr == ':') {
    const auto live = std::from_chars(backlog.ptr + 1, end, share.live);
    const auto good = [](int n) { return n >= 1 && n <= 100; };
    if (live.ec == std::errc() && live.ptr == end && good(share.backlog) && good(share.live)) {
      out = share;
      return true;
    }
  }
  return config::expected("two numbers from 1 to 100 like \"1:1\", backlog to new batches", node,
                          mistakes);
}

}  // namespace

const config::Fields<BacklogSettings>& backlog_fields() {
  static const auto fields = config::Fields<BacklogSettings>("backlog").custom(
      "share", "\"1:1\"", &BacklogSettings::share, read_share, config::optional,
      "batches of the backlog to new ones while both wait");
  return fields;
}

const config::Fields<RateLimitSettings>& rate_limit_fields() {
  static const auto fields =
      config::Fields<RateLimitSettings>("rate_limit")
          .size("per_second", &RateLimitSettings::per_second, {100, 1ull << 30}, config::optional,
                "bytes of messages, before compression")
          .size("per_month", &RateLimitSettings::per_month, {1 << 20, 1ull << 40}, config::optional,
                "the same, in a month of UTC");
  return fields;
}

}  // namespace fieldweir
