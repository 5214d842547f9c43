// schema: the grammar of configuration files, from the fields that the components declare: as JSON
// Schema (draft-07) for editors, and as pages for people. Pure; main thread, for one command.
#pragma once

#include <string>

namespace fieldweir {

std::string configuration_schema();

/// fieldweir.yaml(5), as roff.
std::string configuration_manual();

/// docs/configuration.md
std::string configuration_reference();

}  // namespace fieldweir
