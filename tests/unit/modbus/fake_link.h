// FakeLink: a Modbus bus for hours of simulated time. Each unit answers, or fails to, in its own
// way; what that takes passes on the fake clock. Registers hold value(unit, address) until written.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "drivers/modbus/link.h"
#include "tests/support/fake_clock.h"

namespace fieldweir {

struct FakeUnit {
  Duration latency = 20 * millisecond;  // beyond the timeout: the answer comes too late
  std::set<unsigned> missing = {};      // registers
  std::uint8_t exception = 0;           // to everything
  std::function<bool()> silent = [] { return false; };
  std::map<unsigned, std::uint16_t> written = {};
  // what was seen
  std::vector<Time> asked = {};
  std::uint64_t unanswered = 0;
};

class FakeLink final : public ModbusLink {
 public:
  explicit FakeLink(FakeClock& clock, bool rtu = false) : clock_(clock), rtu_(rtu) {}

  FakeUnit& operator[](std::uint8_t unit) { return units_[unit]; }
  static std::uint16_t value(unsigned unit, unsigned address) {
    return static_cast<std::uint16_t>(unit * 1000 + address);
  }

  std::vector<ModbusRequest> writes;
  Duration rest_for = never;  // what rest() answers
  std::vector<Time> rests;
  bool is_open = false;

  Result<> open(Time, const Stop&) override {
    is_open = true;
    return {};
  }
  void close() override { is_open = false; }
  Time quiet_until(std::uint8_t unit) const override {
    const auto found = quiet_.find(unit);
    return found == quiet_.end() ? 0 : found->second;
  }
  Time rest(Time now, Time) override {
    rests.push_back(now);
    return rest_for == never ? never : now + rest_for;
  }

  Result<ModbusAnswer> ask(const ModbusRequest& request, Time deadline, const Stop&) override {
    FakeUnit& unit = units_[request.unit];
    const Time start = clock_.now();
    EXPECT_GE(start, quiet_until(request.unit));
    unit.asked.push_back(start);
    if (unit.silent() || unit.latency > deadline - start) {
      ++unit.unanswered;
      clock_.set(deadline);
      if (rtu_) quiet_[request.unit] = deadline + (deadline - start);
      return error(Reason::timeout, "no answer in time");
    }
    clock_.advance(unit.latency);
    if (unit.exception != 0) return ModbusAnswer{{}, unit.exception};
    const auto hole = unit.missing.lower_bound(request.address);
    if (hole != unit.missing.end() && *hole < unsigned{request.address} + request.count)
      return ModbusAnswer{{}, 2};
    if (!request.data.empty()) return write(unit, request);
    return read(unit, request);
  }

 private:
  ModbusAnswer write(FakeUnit& unit, const ModbusRequest& request) {
    writes.push_back(request);
    const bool bits = request.function == ModbusFunction::write_coil;
    for (unsigned i = 0; i < request.count; ++i)
      unit.written[request.address + i] =
          static_cast<std::uint16_t>(bits ? request.data[0] & 1 : big_endian(request.data, 2 * i));
    return {};
  }
  ModbusAnswer read(FakeUnit& unit, const ModbusRequest& request) {
    data_.assign(data_bytes(request), 0);
    for (unsigned i = 0; i < request.count; ++i) {
      const unsigned address = request.address + i;
      const auto found = unit.written.find(address);
      const unsigned v = found != unit.written.end() ? found->second : value(request.unit, address);
      if (request.function <= ModbusFunction::read_discrete) {
        data_[i / 8] |= static_cast<std::uint8_t>((v & 1) << i % 8);
      } else {
        data_[2 * i] = static_cast<std::uint8_t>(v >> 8);
        data_[2 * i + 1] = static_cast<std::uint8_t>(v);
      }
    }
    return {data_, 0};
  }

  FakeClock& clock_;
  const bool rtu_;
  std::map<std::uint8_t, FakeUnit> units_;
  std::map<std::uint8_t, Time> quiet_;
  std::vector<std::uint8_t> data_;
};

}  // namespace fieldweir
