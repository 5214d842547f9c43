#include "uplink/identity.h"

#include <algorithm>
#include <cstdio>
#include <string>

namespace fieldweir {

std::string_view write_identity(const Message& message, std::span<char, identity_max> out) {
  const Position& at = message.position;
  const auto room = [&](std::size_t used) { return out.size() - used; };
  int size = std::snprintf(out.data(), out.size(), "%.*s/%08x/%u/%s/%llu",
                           static_cast<int>(std::min<std::size_t>(message.gateway.size(), 100)),
                           message.gateway.data(), at.stream, at.epoch,
                           to_string(message.lane).data(), static_cast<unsigned long long>(at.seq));
  auto used = static_cast<std::size_t>(size);
  if (message.part.of > 1) {
    size = std::snprintf(out.data() + used, room(used), "/%u/%u", message.part.number,
                         message.part.of);
    used += static_cast<std::size_t>(size);
  }
  return {out.data(), used};
}

}  // namespace fieldweir
