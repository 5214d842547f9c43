// json: the one door to nlohmann-json, for the API and tools; never on the data path. 6 s of
// compile time per including file.
#pragma once

#include <nlohmann/json.hpp>

namespace fieldweir {

/// Keeps the order in which keys were added, as people read it.
using Json = nlohmann::ordered_json;

}  // namespace fieldweir
