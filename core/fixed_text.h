// FixedText<N>: a string of at most N bytes that lives where it stands, for records that must not
// allocate. Trivially copyable. What does not fit is cut at N bytes; callers whose texts must not
// be cut check the length first.
#pragma once

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace fieldweir {

template <std::size_t N>
class FixedText {
  static_assert(N < 65536);
  using Size = std::conditional_t<(N < 256), std::uint8_t, std::uint16_t>;

 public:
  FixedText() = default;
  FixedText(std::string_view text) { assign(text); }  // NOLINT: a text is a text

  void assign(std::string_view text) {
    size_ = static_cast<Size>(std::min(text.size(), N));
    std::copy_n(text.data(), size_, bytes_);  // unlike memcpy, takes an empty text
  }

  std::string_view view() const { return {bytes_, size_}; }
  operator std::string_view() const { return view(); }  // NOLINT: a text is a text
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  static constexpr std::size_t capacity() { return N; }

  friend bool operator==(const FixedText& a, const FixedText& b) { return a.view() == b.view(); }

 private:
  Size size_ = 0;
  char bytes_[N] = {};
};

}  // namespace fieldweir
