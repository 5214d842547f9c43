// check: says what is wrong with a configuration, or that nothing is, and what it would do. Touches
// nothing but the file, its secrets and the environment. Main thread.
#pragma once

#include <iosfwd>
#include <string>

namespace fieldweir {

/// 0 and one line on `out` for a good file, with `explain` more; 78 and all mistakes on `err` else.
int check(const std::string& path, bool explain, std::ostream& out, std::ostream& err);

}  // namespace fieldweir
