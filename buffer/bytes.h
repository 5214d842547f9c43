// bytes: writing and reading the batch format's integers. ByteWriter trusts its caller's bound
// (encoded_max); ByteReader trusts nothing: past the end it reads zeros and remembers that it
// failed. Varints are LEB128, seven bits a byte, lowest first; zigzag maps small negatives to small
// numbers.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace fieldweir {

constexpr std::uint64_t zigzag(std::uint64_t difference) {
  return (difference << 1) ^ (0 - (difference >> 63));
}
constexpr std::uint64_t unzigzag(std::uint64_t coded) { return (coded >> 1) ^ (0 - (coded & 1)); }

class ByteWriter {
 public:
  explicit ByteWriter(std::byte* at) : at_(at) {}

  void u8(std::uint64_t value) { *at_++ = static_cast<std::byte>(value); }
  void fixed(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i, value >>= 8) u8(value & 0xFF);
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) u8((value & 0x7F) | 0x80);
    u8(value);
  }
  void text(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  std::byte* at() const { return at_; }

 private:
  std::byte* at_;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t u8() {
    if (at_ == end_) return fail();
    return static_cast<std::uint8_t>(*at_++);
  }
  std::uint64_t fixed(int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= static_cast<std::uint64_t>(u8()) << (8 * i);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = u8();
    if (value < 0x80) return value;
    value &= 0x7F;
    for (int shift = 7; shift < 64; shift += 7) {
      const std::uint64_t next = u8();
      value |= (next & 0x7F) << shift;
      if (next < 0x80) return value;
    }
    return fail();
  }
  /// A varint that must not exceed `limit`.
  std::uint64_t varint_to(std::uint64_t limit) {
    const std::uint64_t value = varint();
    return value <= limit ? value : fail();
  }
  std::string_view text(std::size_t size) {
    if (static_cast<std::size_t>(end_ - at_) < size) return fail(), std::string_view();
    const char* start = reinterpret_cast<const char*>(at_);
    at_ += size;
    return {start, size};
  }

  std::uint8_t fail() {
    good_ = false;
    at_ = end_;
    return 0;
  }
  bool good() const { return good_; }
  bool at_end() const { return at_ == end_; }

 private:
  const std::byte* at_;
  const std::byte* end_;
  bool good_ = true;
};

}  // namespace fieldweir
