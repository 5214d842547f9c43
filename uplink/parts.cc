#include "uplink/parts.h"

#include <algorithm>

namespace fieldweir {

Parts::Parts(std::size_t rows, bool by_device) : by_device_(by_device), readings_(rows) {
  if (!by_device) return;
  devices_.reserve(rows);
  numbers_.reserve(rows);
  sizes_.reserve(rows);
}

std::size_t Parts::bytes_for(std::size_t rows, bool by_device) {
  constexpr std::size_t device =
      sizeof(std::string_view) + sizeof(std::uint32_t) + sizeof(std::size_t);
  return rows * (sizeof(Reading) + (by_device ? device : 0));
}

void Parts::split(const DecodedBatch& batch) {
  whole_ = &batch;
  devices_.clear();
  numbers_.clear();
  sizes_.clear();
  if (by_device_)
    for (const Reading& reading : batch.readings) {
      const std::string_view name = batch.name(reading.signal);
      numbers_.push_back(number_of(name.substr(0, name.find('.'))));
      ++sizes_[numbers_.back()];
    }
  count_ = std::max<std::uint32_t>(static_cast<std::uint32_t>(devices_.size()), 1);
  go_to({1, count_});
}

std::uint32_t Parts::number_of(std::string_view device) {
  // readings of one device mostly stand together
  if (!numbers_.empty() && devices_[numbers_.back()] == device) return numbers_.back();
  const auto found = std::ranges::find(devices_, device);
  const auto number = static_cast<std::uint32_t>(found - devices_.begin());
  if (found == devices_.end()) {
    devices_.push_back(device);
    sizes_.push_back(0);
  }
  return number;
}

void Parts::go_to(Part part) {
  part_ = part;
  if (part.of > 1) fill();
}

void Parts::next() {
  // with a second half, the part that was cut is done
  while (part_.of > count_ && part_.number % 2 == 0) part_ = {part_.number / 2, part_.of / 2};
  ++part_.number;
  if (!done() && part_.of > 1) fill();
}

void Parts::fill() {
  readings_.lane = whole_->lane;
  readings_.position = whole_->position;
  readings_.replaces_from = whole_->replaces_from;
  readings_.clock_synchronised = whole_->clock_synchronised;
  readings_.interval = whole_->interval;
  readings_.signals = whole_->signals;
  readings_.thinned = whole_->thinned;
  readings_.texts = whole_->texts;
  readings_.gaps.clear();
  if (part_.number == 1) readings_.gaps = whole_->gaps;
  readings_.readings.clear();
  // of the device's readings, these
  const std::uint64_t piece = (part_.number - 1) % pieces();
  const std::uint64_t size = devices_.empty() ? whole_->readings.size() : sizes_[at()];
  const std::uint64_t begin = size * piece / pieces();
  const std::uint64_t end = size * (piece + 1) / pieces();
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < whole_->readings.size() && place < end; ++i) {
    if (!devices_.empty() && numbers_[i] != at()) continue;
    if (place++ >= begin) readings_.readings.push_back(whole_->readings[i]);
  }
}

}  // namespace fieldweir
