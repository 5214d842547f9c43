// lines: several messages as the body of one request, a line each, so that a long round trip is
// paid once for all of them. After a refusal half as many go, down to the one that is to blame;
// with every success twice as many again. Owned by its uplink, one thread; fixed memory.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "uplink/uplink.h"

namespace fieldweir {

class Lines {
 public:
  static constexpr std::size_t most_bytes = 256 * 1024;  // of more than one message

  /// `most`: messages of a request.
  explicit Lines(std::size_t most);

  /// What is sent of `window`, which is not empty: its first messages, as many as count() then
  /// says. Valid until the next call.
  std::string_view join(std::span<const Message> window);
  std::size_t count() const { return count_; }

  void taken();
  /// Whether the first message is to blame; else fewer go next.
  bool refused();

 private:
  const std::size_t most_;
  std::size_t allowed_;
  std::size_t count_ = 0;
  std::string body_;
};

}  // namespace fieldweir
