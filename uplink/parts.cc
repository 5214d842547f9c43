#include "uplink/parts.h"

#include <algorithm>

namespace fieldweir {

Parts::Parts(std::size_t rows, bool by_device)
    : by_device_(by_device), part_(by_device ? rows : 0) {
  if (!by_device) return;
  devices_.reserve(rows);
  numbers_.reserve(rows);
}

std::size_t Parts::bytes_for(std::size_t rows, bool by_device) {
  constexpr std::size_t each = sizeof(std::string_view) + sizeof(std::uint32_t) + sizeof(Reading);
  return by_device ? rows * each : 0;
}

void Parts::split(const DecodedBatch& batch) {
  whole_ = &batch;
  at_ = 0;
  count_ = 1;
  left_ = batch.readings.size();
  if (!by_device_) return;
  devices_.clear();
  numbers_.clear();
  for (const Reading& reading : batch.readings) {
    const std::string_view name = batch.name(reading.signal);
    numbers_.push_back(number_of(name.substr(0, name.find('.'))));
  }
  count_ = std::max<std::uint32_t>(static_cast<std::uint32_t>(devices_.size()), 1);
  fill();
}

std::uint32_t Parts::number_of(std::string_view device) {
  // readings of one device mostly stand together
  if (!numbers_.empty() && devices_[numbers_.back()] == device) return numbers_.back();
  const auto found = std::ranges::find(devices_, device);
  const auto number = static_cast<std::uint32_t>(found - devices_.begin());
  if (found == devices_.end()) devices_.push_back(device);
  return number;
}

void Parts::next() {
  left_ -= batch().readings.size();
  ++at_;
  if (by_device_ && !done()) fill();
}

void Parts::fill() {
  part_.lane = whole_->lane;
  part_.position = whole_->position;
  part_.replaces_from = whole_->replaces_from;
  part_.clock_synchronised = whole_->clock_synchronised;
  part_.signals = whole_->signals;
  part_.interval = whole_->interval;
  part_.thinned = whole_->thinned;
  part_.texts = whole_->texts;
  part_.gaps.clear();
  if (at_ == 0) part_.gaps = whole_->gaps;
  part_.readings.clear();
  for (std::size_t i = 0; i < numbers_.size(); ++i)
    if (numbers_[i] == at_) part_.readings.push_back(whole_->readings[i]);
}

}  // namespace fieldweir
