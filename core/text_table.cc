#include "core/text_table.h"

#include <bit>
#include <functional>

#include "core/check.h"

namespace fieldweir {
namespace {

// twice as many buckets as texts: a probe ends soon
std::size_t bucket_count(std::size_t capacity) { return std::bit_ceil(2 * capacity + 2); }

}  // namespace

TextTable::TextTable(std::size_t capacity) : texts_(capacity), buckets_(bucket_count(capacity)) {}

std::size_t TextTable::bytes_for(std::size_t capacity) {
  return capacity * sizeof(FixedText<longest>) + bucket_count(capacity) * sizeof(std::uint32_t);
}

std::size_t TextTable::bucket_of(std::string_view text) const {
  std::size_t bucket = std::hash<std::string_view>{}(text) & (buckets_.size() - 1);
  while (buckets_[bucket] != 0 && texts_[buckets_[bucket] - 1].view() != text)
    bucket = (bucket + 1) & (buckets_.size() - 1);
  return bucket;
}

std::optional<std::uint32_t> TextTable::find(std::string_view text) const {
  const std::scoped_lock lock(writing_);
  const std::uint32_t found = buckets_[bucket_of(text)];
  return found != 0 ? std::optional(found - 1) : std::nullopt;
}

std::optional<std::uint32_t> TextTable::intern(std::string_view text) {
  FIELDWEIR_CHECK(text.size() <= longest);
  const std::scoped_lock lock(writing_);
  const std::size_t bucket = bucket_of(text);
  if (buckets_[bucket] != 0) return buckets_[bucket] - 1;
  const std::size_t id = size();
  if (id == texts_.size()) return std::nullopt;
  texts_[id].assign(text);
  buckets_[bucket] = static_cast<std::uint32_t>(id + 1);
  // release: whoever learns the number finds the text written
  size_.store(id + 1, std::memory_order_release);
  return static_cast<std::uint32_t>(id);
}

std::string_view TextTable::operator[](std::uint32_t id) const {
  FIELDWEIR_CHECK(id < size());
  return texts_[id].view();
}

}  // namespace fieldweir
