// identity: how a message is named wherever a protocol has a place beside the body, so that the far
// end can recognise one that comes again: gateway/stream/epoch/lane/seq[/part/of]. Pure.
#pragma once

#include <span>
#include <string_view>

#include "uplink/uplink.h"

namespace fieldweir {

inline constexpr std::size_t identity_max = 200;

/// In `out`, ended with a NUL.
std::string_view write_identity(const Message& message, std::span<char, identity_max> out);

}  // namespace fieldweir
