// machine_id: a name for a gateway that was given none. Pure but for reading one file.
#pragma once

#include <string>

namespace fieldweir {

/// "gateway-" and 12 hex digits of a hash of the file's text: the same at every start, and too few
/// to lead back to the machine id, which is confidential (machine-id(5)). Empty if there is no id
/// in it.
std::string id_of_machine(const std::string& path);

}  // namespace fieldweir
