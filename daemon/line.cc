#include "daemon/line.h"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace fieldweir {
namespace {

Stop* interrupted = nullptr;  // of the one Line

ModbusEndpoint with_address(ModbusEndpoint endpoint) {
  if (!endpoint.serial.empty()) return endpoint;
  const Result<Resolver::Address> address = Resolver::system_lookup(endpoint.host);
  if (!address) throw std::runtime_error(std::string(address.error().text.view()));
  endpoint.host = address.value().view();
  return endpoint;
}

}  // namespace

Line::Line(ModbusEndpoint endpoint)
    : endpoint_(with_address(std::move(endpoint))),
      resolver_(clock_),
      link_(make_modbus_link(endpoint_, resolver_, clock_)) {
  interrupted = &stop_;
  for (const int number : {SIGINT, SIGTERM})  // what request() does may be done in a handler
    std::signal(number, [](int) { interrupted->request(); });
}

Line::~Line() {
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, SIG_DFL);
  interrupted = nullptr;
}

Result<ModbusAnswer> Line::ask(const ModbusRequest& request) {
  // an answer that is still owed could be taken for this one's
  if (const Time quiet = link_->quiet_until(request.unit); quiet > clock_.now())
    if (!pause(quiet - clock_.now())) return error(Reason::stopped, "stopping");
  const Time begun = clock_.now();
  if (Result<> opened = link_->open(begun + endpoint_.timeout, stop_); !opened)
    return opened.error();
  return link_->ask(request, clock_.now() + endpoint_.timeout, stop_);
}

Result<ModbusAnswer> Line::read(ModbusTable table, std::uint16_t address, unsigned count) {
  return ask({endpoint_.unit, reading(table), address, static_cast<std::uint16_t>(count)});
}

bool Line::pause(Duration duration) const {
  pollfd waiting{stop_.descriptor(), POLLIN, 0};
  const timespec longest{static_cast<time_t>(duration / second),
                         static_cast<long>(duration % second)};
  ppoll(&waiting, 1, &longest, nullptr);
  return !stop_.requested();
}

std::string explain_silence(const Error& error, const ModbusEndpoint& endpoint) {
  std::string said(error.text.view());
  const std::string unit = std::to_string(endpoint.unit);
  const std::string nobody_there = bus_of(endpoint) + ": " + said +
                                   "; is it on, is this its address, is Modbus TCP switched on in "
                                   "its menu, does a firewall stand between?";
  switch (error.reason) {
    case Reason::timeout:
      if (endpoint.serial.empty() && said.starts_with("no connection")) return nobody_there;
      return said + " from unit " + unit + ": try another --unit (`fieldweir scan` finds them)" +
             (!endpoint.serial.empty() ? ", --baud, --format, or swap the two wires"
              : endpoint.framing == ModbusFraming::rtu
                  ? ", a longer --timeout, or --framing tcp"
                  : ", a longer --timeout, or --framing rtu for a serial device server");
    case Reason::bad_response:
      return said + (!endpoint.serial.empty()
                         ? ": another --baud or --format, or two devices with the same unit id"
                         : ": not Modbus TCP? A serial device server may need --framing rtu");
    case Reason::not_connected:
    case Reason::unreachable:
      return !endpoint.serial.empty() ? said : nobody_there;
    default:
      return said;
  }
}

}  // namespace fieldweir
