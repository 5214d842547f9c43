// protobuf: messages in the wire format of Protocol Buffers, written and read field by field: the
// few shapes that Sparkplug needs. Value types, nothing is allocated. The writer's caller makes
// sure of the room; the reader takes any bytes.
// Source: protobuf.dev, "Encoding".
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/check.h"

namespace fieldweir {

class ProtobufWriter {
 public:
  explicit ProtobufWriter(std::span<char> out)
      : begin_(out.data()), at_(begin_), end_(begin_ + out.size()) {}

  bool has_room(std::size_t bytes) const { return static_cast<std::size_t>(end_ - at_) >= bytes; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }

  void integer(unsigned field, std::uint64_t value) {
    varint(field << 3);
    varint(value);
  }
  void number(unsigned field, double value) {
    varint(field << 3 | 1);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int shift = 0; shift < 64; shift += 8) *at_++ = static_cast<char>(bits >> shift);
  }
  void text(unsigned field, std::string_view text) {
    const Open open = begin(field);
    for (const char c : text) *at_++ = c;
    end(open);
  }

  /// A message or text whose length is not known yet: below 16 KiB.
  using Open = char*;
  Open begin(unsigned field) {
    varint(field << 3 | 2);
    at_ += 2;
    return at_;
  }
  void end(Open open) {
    const auto length = static_cast<std::size_t>(at_ - open);
    FIELDWEIR_CHECK(length < 1 << 14);
    // always two bytes: a varint may be longer than it has to be
    open[-2] = static_cast<char>(0x80 | (length & 0x7F));
    open[-1] = static_cast<char>(length >> 7);
  }
  std::span<char> rest() const { return {at_, end_}; }
  /// After writing into rest().
  void advance(std::size_t bytes) { at_ += bytes; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at_++ = static_cast<char>(0x80 | (value & 0x7F));
    *at_++ = static_cast<char>(value);
  }

  char* const begin_;
  char* at_;
  char* const end_;
};

/// Hands out the fields of a message, one after the other; ends early where bytes are no field.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::span<char> bytes) : rest_(bytes) {}

  struct Field {
    std::uint64_t number = 0;
    std::uint64_t integer = 0;  // of a varint
    std::span<char> bytes;      // of a text or message
  };
  std::optional<Field> next() {
    const auto key = varint();
    if (!key) return std::nullopt;
    Field field{.number = *key >> 3};
    const unsigned type = *key & 7;
    if (type == 0) {
      const auto value = varint();
      if (!value) return std::nullopt;
      field.integer = *value;
      return field;
    }
    const auto size = type == 2   ? varint()
                      : type == 1 ? std::optional<std::uint64_t>(8)
                      : type == 5 ? std::optional<std::uint64_t>(4)
                                  : std::nullopt;
    if (!size || *size > rest_.size()) return std::nullopt;
    field.bytes = rest_.first(*size);
    rest_ = rest_.subspan(*size);
    return field;
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 10 && i < rest_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
      if (byte >= 0x80) continue;
      rest_ = rest_.subspan(i + 1);
      return value;
    }
    return std::nullopt;
  }

  std::span<char> rest_;
};

}  // namespace fieldweir
