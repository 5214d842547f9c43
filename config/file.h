// file: reads a small file whole, and says whether bytes are text. Pure but for the reading; while
// starting only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fieldweir::config {

struct FileText {
  std::string text;
  std::string error;  // empty if all went well: "No such file or directory", "larger than 1MiB"
  bool exists = true;
  bool open_to_others = false;  // beyond its owner, and its group for reading
};

FileText read_whole(const std::string& path, std::size_t most);

/// Offset of the first byte that is no text: a control character (but tab, line feed, carriage
/// return), or not valid UTF-8 (RFC 3629). npos if all is well.
std::size_t not_text(std::string_view bytes);

}  // namespace fieldweir::config
