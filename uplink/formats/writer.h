// Writer: puts the pieces of a message into memory of which the caller has made sure. A value type.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "buffer/log_reader.h"
#include "core/reading.h"
#include "uplink/formats/json_text.h"

namespace fieldweir {

inline constexpr std::size_t number_max = json_number_max;

class Writer {
 public:
  explicit Writer(std::span<char> out)
      : begin_(out.data()), at_(begin_), end_(begin_ + out.size()) {}

  bool has_room(std::size_t bytes) const { return static_cast<std::size_t>(end_ - at_) >= bytes; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  char* at() const { return at_; }
  std::span<char> rest() const { return {at_, end_}; }
  /// After writing into rest().
  void advance(std::size_t bytes) { at_ += bytes; }
  /// For a separator too many, after a list's last item.
  void take_back() { --at_; }

  template <std::size_t N>
  Writer& literal(const char (&text)[N]) {
    std::memcpy(at_, text, N - 1);
    at_ += N - 1;
    return *this;
  }
  /// What needs no escaping.
  Writer& word(std::string_view word) {
    std::memcpy(at_, word.data(), word.size());
    at_ += word.size();
    return *this;
  }
  Writer& byte(char byte) {
    *at_++ = byte;
    return *this;
  }
  template <class T>
  Writer& number(T value) {
    at_ = std::to_chars(at_, at_ + number_max, value).ptr;
    return *this;
  }
  Writer& hex8(std::uint32_t value) {
    for (int shift = 28; shift >= 0; shift -= 4) *at_++ = "0123456789abcdef"[(value >> shift) & 15];
    return *this;
  }
  /// With commas between them.
  Writer& texts(const GapSignals& signals) {
    bool first = true;
    signals.each([&](std::string_view glob) {
      if (!std::exchange(first, false)) byte(',');
      text(glob);
    });
    return *this;
  }
  /// Since 1970, rounded down.
  Writer& milliseconds(Time time) {
    return number(time / millisecond - (time % millisecond < 0 ? 1 : 0));
  }

  // --- as JSON writes it, see json_text.h
  Writer& text(std::string_view text) {
    at_ = write_json_text(text, at_);
    return *this;
  }
  Writer& value(const DecodedBatch& batch, const Reading& reading) {
    const bool is_text = reading.kind == Kind::text;
    at_ = write_json_value(reading, is_text ? batch.text(reading.as_text()) : "", at_);
    return *this;
  }

 private:
  char* const begin_;
  char* at_;
  char* const end_;
};

}  // namespace fieldweir
