#include "core/signal_table.h"

#include "core/check.h"

namespace fieldweir {

std::string_view to_string(Lane lane) { return lane == Lane::events ? "events" : "telemetry"; }

SignalTable::SignalTable(std::size_t capacity) : entries_(capacity) {}

SignalId SignalTable::define(const Signal& signal) {
  const SignalId id = reserve(1, signal);
  claim(id, signal.name);
  return id;
}

SignalId SignalTable::reserve(std::size_t count, const Signal& prototype) {
  FIELDWEIR_CHECK(size_ + count <= entries_.size());
  const auto first = static_cast<SignalId>(size_);
  for (std::size_t i = 0; i < count; ++i) {
    entries_[first + i].signal = prototype;
    entries_[first + i].signal.name.assign({});
  }
  size_ += count;
  return first;
}

void SignalTable::claim(SignalId id, std::string_view name) {
  FIELDWEIR_CHECK(id < size_ && !known(id));
  FIELDWEIR_CHECK(!name.empty() && name.size() <= SignalName::capacity());
  entries_[id].signal.name.assign(name);
  entries_[id].known.store(true, std::memory_order_release);
}

const SignalTable::Signal& SignalTable::operator[](SignalId id) const {
  static const Signal unnamed;
  FIELDWEIR_CHECK(id < size_);
  // an entry that is being named right now reads as unnamed, never as half a name
  return known(id) ? entries_[id].signal : unnamed;
}

std::optional<SignalId> SignalTable::find(std::string_view name) const {
  for (SignalId id = 0; id < size_; ++id)
    if (known(id) && entries_[id].signal.name.view() == name) return id;
  return std::nullopt;
}

}  // namespace fieldweir
