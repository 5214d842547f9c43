// GapSignals: which signals a gap is about, as globs like those of `send`, in 96 bytes. Names as
// long as they fit, then "device.*", then "*": never fewer signals than lost readings. A value
// type; empty where nobody knows.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace fieldweir {

class GapSignals {
 public:
  static constexpr std::size_t capacity = 96;

  bool known() const { return size_ > 0; }
  bool all() const { return view() == std::string_view("*", 2); }

  void add(std::string_view name) {
    if (name.empty() || covers(name) || append(name, {})) return;
    GapSignals devices;
    bool fits = devices.add_device(name);
    each([&](std::string_view glob) { fits = fits && devices.add_device(glob); });
    if (!fits) {
      devices.size_ = 0;
      devices.append("*", {});
    }
    *this = devices;
  }
  void add(const GapSignals& others) {
    others.each([&](std::string_view glob) { add(glob); });
  }

  /// put(glob), in the order in which they came.
  template <class Put>
  void each(Put put) const {
    for (std::string_view rest = view(); !rest.empty();) {
      const std::size_t end = rest.find('\0');
      put(rest.substr(0, end));
      rest.remove_prefix(std::min(end, rest.size() - 1) + 1);
    }
  }

  /// As stored: each followed by a zero.
  std::string_view view() const { return {bytes_.data(), size_}; }
  static GapSignals of(std::string_view stored) {
    GapSignals signals;
    signals.size_ = static_cast<std::uint8_t>(std::min(stored.size(), capacity));
    std::copy_n(stored.data(), signals.size_, signals.bytes_.data());
    return signals;
  }

  friend bool operator==(const GapSignals& a, const GapSignals& b) { return a.view() == b.view(); }

 private:
  bool covers(std::string_view name) const {
    bool found = false;
    each([&](std::string_view glob) {
      const bool open = glob.ends_with('*');
      found = found || glob == name || (open && name.starts_with(glob.substr(0, glob.size() - 1)));
    });
    return found;
  }
  bool add_device(std::string_view glob) {
    const std::string_view device = glob.substr(0, glob.find('.'));
    return covers(glob) || append(device, device == glob ? "" : ".*");
  }
  bool append(std::string_view name, std::string_view end) {
    if (size_ + name.size() + end.size() + 1 > capacity) return false;
    for (const std::string_view part : {name, end, std::string_view("\0", 1)}) {
      std::copy_n(part.data(), part.size(), bytes_.data() + size_);
      size_ = static_cast<std::uint8_t>(size_ + part.size());
    }
    return true;
  }

  std::array<char, capacity> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace fieldweir
