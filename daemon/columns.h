// columns: rows of texts as aligned columns, for people. Pure but for the stream.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace fieldweir {

/// Columns as wide as their widest text, two blanks apart, one line per row.
void print_columns(const std::vector<std::vector<std::string>>& rows, std::ostream& out);

}  // namespace fieldweir
