// The status in one line, for the service manager and the log.
#include "daemon/gateway.h"
#include "daemon/status.h"

namespace fieldweir {

std::string status_line(const Gateway& gateway) {
  std::size_t online = 0;
  std::size_t all = 0;
  for (const auto& bus : gateway.buses())
    for (const DeviceStatus& device : bus.worker->status()) {
      ++all;
      if (device.state == DeviceState::online) ++online;
    }
  std::string line = std::to_string(online) + " of " + std::to_string(all) + " devices online";
  for (std::size_t i = 0; i < gateway.deliveries().size(); ++i) {
    const Delivery& delivery = *gateway.deliveries()[i];
    line += "; " + std::string(delivery.name()) + " " +
            std::string(to_string(delivery.status().state)) + ", " +
            std::to_string(gateway.log().uplink_totals(i).queued) + " queued";
  }
  return line;
}

std::string ledger_line(const Gateway& gateway) {
  const auto pair = [](std::string_view key, std::uint64_t n) {
    return " " + std::string(key) + "=" + std::to_string(n);
  };
  const FieldTotals field = gateway.log().ledger().totals();
  std::string line = "ledger" + pair("sampled", field.sampled) + pair("derived", field.derived) +
                     pair("filtered", field.filtered) + pair("lost", field.lost_total()) +
                     pair("batched", field.batched);
  for (std::size_t i = 0; i < gateway.deliveries().size(); ++i) {
    const UplinkTotals totals = gateway.log().uplink_totals(i);
    line += "; " + std::string(gateway.deliveries()[i]->name()) +
            pair("delivered", totals.delivered) + pair("queued", totals.queued) +
            pair("dropped", totals.dropped_total()) + pair("not_selected", totals.not_selected) +
            pair("dead_lettered", totals.dead_lettered);
  }
  return line;
}

}  // namespace fieldweir
