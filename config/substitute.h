// substitute: ${env:NAME}, ${env:NAME:-default} and ${secret:NAME} inside one scalar. Reads the
// environment and secret files; while starting only. What is put in is not looked at again.
#pragma once

#include <string>

#include "config/mistakes.h"
#include "config/node.h"

namespace fieldweir::config {

/// Rewrites node.scalar. Afterwards the scalar counts as plain, since in flow maps such a scalar
/// can only be written in quotes; secrets are marked. `folder` is where `secrets/NAME` is looked
/// for.
void substitute(Node& node, const std::string& folder, Mistakes& mistakes);

}  // namespace fieldweir::config
