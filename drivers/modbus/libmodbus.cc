#include "drivers/modbus/libmodbus.h"

#include <modbus/modbus.h>

#include <algorithm>
#include <new>
#include <vector>

#include "core/check.h"

namespace fieldweir {
namespace {

/// Of one table: where libmodbus keeps it, and which of it there is.
struct Extent {
  unsigned first = 0;
  std::vector<bool> covered;
  std::vector<bool> written;

  unsigned count() const { return static_cast<unsigned>(covered.size()); }
  bool covers(unsigned address, unsigned places) const {
    if (address < first || address + places > first + count()) return false;
    const auto at = covered.begin() + (address - first);
    return std::find(at, at + places, false) == at + places;
  }
};

Extent extent_of(std::span<const ModbusPoint> points, ModbusTable table) {
  unsigned low = UINT16_MAX + 1;
  unsigned high = 0;
  for (const ModbusPoint& point : points) {
    if (point.table != table) continue;
    low = std::min<unsigned>(low, point.address);
    high = std::max<unsigned>(high, point.address + point.width);
  }
  Extent extent;
  if (high == 0) return extent;
  extent.first = low;
  extent.covered.resize(high - low);
  extent.written.resize(high - low);
  for (const ModbusPoint& point : points)
    if (point.table == table)
      std::fill_n(extent.covered.begin() + (point.address - low), point.width, true);
  return extent;
}

}  // namespace

struct ModbusUnit::Tables {
  explicit Tables(std::span<const ModbusPoint> points)
      : coils(extent_of(points, ModbusTable::coil)),
        discretes(extent_of(points, ModbusTable::discrete)),
        holdings(extent_of(points, ModbusTable::holding)),
        inputs(extent_of(points, ModbusTable::input)),
        mapping(modbus_mapping_new_start_address(coils.first, coils.count(), discretes.first,
                                                 discretes.count(), holdings.first,
                                                 holdings.count(), inputs.first, inputs.count())) {
    if (mapping == nullptr) throw std::bad_alloc();
  }
  ~Tables() { modbus_mapping_free(mapping); }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  Extent& extent(ModbusTable table) {
    return table == ModbusTable::coil       ? coils
           : table == ModbusTable::discrete ? discretes
           : table == ModbusTable::holding  ? holdings
                                            : inputs;
  }
  std::uint8_t* bits(ModbusTable table) const {
    return table == ModbusTable::coil ? mapping->tab_bits : mapping->tab_input_bits;
  }
  std::uint16_t* registers(ModbusTable table) const {
    return table == ModbusTable::holding ? mapping->tab_registers : mapping->tab_input_registers;
  }

  Extent coils;
  Extent discretes;
  Extent holdings;
  Extent inputs;
  modbus_mapping_t* const mapping;
};

ModbusUnit::ModbusUnit(std::span<const ModbusPoint> points)
    : tables_(std::make_unique<Tables>(points)) {}

ModbusUnit::~ModbusUnit() = default;

bool ModbusUnit::covers(ModbusTable table, unsigned address, unsigned count) const {
  return tables_->extent(table).covers(address, count);
}

void ModbusUnit::mark_written(ModbusTable table, unsigned address, unsigned count) {
  if (!covers(table, address, count)) return;
  Extent& extent = tables_->extent(table);
  std::fill_n(extent.written.begin() + (address - extent.first), count, true);
}

bool ModbusUnit::written(ModbusTable table, unsigned address) const {
  const Extent& extent = tables_->extent(table);
  return extent.covers(address, 1) && extent.written[address - extent.first];
}

std::uint16_t ModbusUnit::get(ModbusTable table, std::uint16_t address) const {
  FIELDWEIR_CHECK(covers(table, address, 1));
  const unsigned at = address - tables_->extent(table).first;
  return holds_bits(table) ? tables_->bits(table)[at] : tables_->registers(table)[at];
}

void ModbusUnit::set(ModbusTable table, std::uint16_t address, std::uint16_t value) {
  FIELDWEIR_CHECK(covers(table, address, 1));
  const unsigned at = address - tables_->extent(table).first;
  if (holds_bits(table))
    tables_->bits(table)[at] = value != 0;
  else
    tables_->registers(table)[at] = value;
}

struct ModbusServer::Context {
  // address and port are never used: descriptors are the caller's
  explicit Context(ModbusFraming framing)
      : library(framing == ModbusFraming::tcp ? modbus_new_tcp("127.0.0.1", 502)
                                              : modbus_new_rtu("/dev/null", 9600, 'N', 8, 1)) {
    if (library == nullptr) throw std::bad_alloc();
    modbus_set_slave(library, 1);  // libmodbus wants one; it answers as whoever was asked
  }
  ~Context() { modbus_free(library); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  modbus_t* const library;
};

ModbusServer::ModbusServer(ModbusFraming framing) : context_(std::make_unique<Context>(framing)) {}

ModbusServer::~ModbusServer() = default;

bool ModbusServer::answer(int descriptor, std::span<const std::uint8_t> frame, ModbusUnit& unit) {
  modbus_set_socket(context_->library, descriptor);
  return modbus_reply(context_->library, frame.data(), static_cast<int>(frame.size()),
                      unit.tables_->mapping) >= 0;
}

bool ModbusServer::refuse(int descriptor, std::span<const std::uint8_t> frame,
                          std::uint8_t exception) {
  modbus_set_socket(context_->library, descriptor);
  return modbus_reply_exception(context_->library, frame.data(), exception) >= 0;
}

}  // namespace fieldweir
