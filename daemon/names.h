// names: whether the names of a configuration are well-formed, unique, and refer to something.
// Works on the Nodes, not on what was made of them, so that the caret stands under the name itself
// and a mistake elsewhere in a section hides none here. While starting only.
//
// A name is pieces of [A-Za-z0-9_-] joined with dots; a signal's full name "<device>.<signal>" has
// at most 64 bytes. What names something is found by its key: `profile`, `broker`, `of`, `send`.
#pragma once

#include "config/mistakes.h"
#include "config/node.h"

namespace fieldweir {

void check_names(const config::Node& root, config::Mistakes& mistakes);

}  // namespace fieldweir
